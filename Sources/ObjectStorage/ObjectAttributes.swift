/// What a store tells about an object without its content.
package struct ObjectAttributes: Hashable, Sendable {
    /// Bytes.
    package var size: UInt64
    package var eTag: ETag
    package var lastModified: Timestamp
    /// User metadata without the `x-amz-meta-` prefix, names in lower case. Nil when the answer
    /// does not carry it (a listing).
    package var userMetadata: [String: String]?
    /// `STANDARD` when the store does not say.
    package var storageClass: String
    /// Nil when the answer does not carry it (a listing).
    package var encryption: ServerSideEncryption?
    package var versionID: String?
    package var contentType: String?
    /// The full-object checksum, where the store knows one.
    package var checksum: Checksum?

    package init(
        size: UInt64, eTag: ETag, lastModified: Timestamp,
        userMetadata: [String: String]? = nil, storageClass: String = "STANDARD",
        encryption: ServerSideEncryption? = nil, versionID: String? = nil,
        contentType: String? = nil, checksum: Checksum? = nil
    ) {
        self.size = size
        self.eTag = eTag
        self.lastModified = lastModified
        self.userMetadata = userMetadata
        self.storageClass = storageClass
        self.encryption = encryption
        self.versionID = versionID
        self.contentType = contentType
        self.checksum = checksum
    }
}

/// The store's acknowledgement of an object that it now holds whole, encrypted as asked.
package struct StoredObject: Hashable, Sendable {
    package var eTag: ETag
    package var versionID: String?
    package var encryption: ServerSideEncryption
    package var checksum: Checksum?
    /// When the store does not say (PutObject), nil.
    package var lastModified: Timestamp?

    package init(
        eTag: ETag, versionID: String? = nil, encryption: ServerSideEncryption,
        checksum: Checksum? = nil, lastModified: Timestamp? = nil
    ) {
        self.eTag = eTag
        self.versionID = versionID
        self.encryption = encryption
        self.checksum = checksum
        self.lastModified = lastModified
    }
}
