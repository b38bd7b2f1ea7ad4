import HTTP
import ObjectStorage

/// What kind of write takes headers.
enum WriteKind: Sendable {
    case put
    case createMultipartUpload
    case copy(replacesMetadata: Bool)
}

extension BucketClient {
    /// User metadata and its names count together. Source: S3 User Guide, "Working with object
    /// metadata".
    private static let metadataLimit = 2_048

    /// The one place where encryption, ACL, storage class, tags, metadata and type of an object
    /// that
    /// is to be made turn into headers: for Put, CreateMultipartUpload and Copy alike.
    /// - Throws: `invalidRequest` when a value cannot stand in a header.
    func writeHeaders(
        for kind: WriteKind, _ object: NewObject, putID: String
    ) throws(ObjectStoreError) -> HTTPHeaders {
        var fields: [(name: String, value: String)] = []
        fields.reserveCapacity(16)
        appendEncryption(to: &fields)
        if let acl = configuration.acl, !current.aclsDisabled {
            fields.append(("x-amz-acl", acl.rawValue))
        }
        if let storageClass = configuration.storageClass {
            fields.append(("x-amz-storage-class", storageClass))
        }
        var takesMetadata = true
        if case .copy(let replacesMetadata) = kind {
            takesMetadata = replacesMetadata
            fields.append(("x-amz-metadata-directive", replacesMetadata ? "REPLACE" : "COPY"))
            if configuration.tagging != nil {
                fields.append(("x-amz-tagging-directive", "REPLACE"))
            }
        }
        if let tagging = configuration.tagging { fields.append(("x-amz-tagging", tagging)) }
        if takesMetadata {
            if let type = object.contentType { fields.append(("content-type", type)) }
            try appendMetadata(of: object, putID: putID, to: &fields)
        }
        for field in fields where !Self.isHeaderValue(field.value) {
            throw ObjectStoreError(
                .invalidRequest, operation: "headers",
                detail: "a value of \(field.name.prefix(40)) is not printable ASCII")
        }
        return HTTPHeaders(fields)
    }

    private func appendEncryption(to fields: inout [(name: String, value: String)]) {
        let name = "x-amz-server-side-encryption"
        switch configuration.encryption {
        case .none: break
        case .s3: fields.append((name, "AES256"))
        case .kms(let keyID, let bucketKey):
            fields.append((name, "aws:kms"))
            if let keyID { fields.append((name + "-aws-kms-key-id", keyID)) }
            if bucketKey { fields.append((name + "-bucket-key-enabled", "true")) }
        case .dualLayerKMS(let keyID):
            fields.append((name, "aws:kms:dsse"))
            if let keyID { fields.append((name + "-aws-kms-key-id", keyID)) }
        }
    }

    private func appendMetadata(
        of object: NewObject, putID: String, to fields: inout [(name: String, value: String)]
    ) throws(ObjectStoreError) {
        var total = PutID.metadataName.utf8.count + putID.utf8.count
        for (name, value) in object.userMetadata {
            guard Self.isMetadataName(name), name != PutID.metadataName else {
                throw ObjectStoreError(
                    .invalidRequest, operation: "headers",
                    detail: "a metadata name is not of a-z, 0-9, '-', '_' and '.'")
            }
            total += name.utf8.count + value.utf8.count
            fields.append(("x-amz-meta-" + name, value))
        }
        guard total <= Self.metadataLimit else {
            throw ObjectStoreError(
                .invalidRequest, operation: "headers", detail: "more than 2 KiB of metadata")
        }
        fields.append(("x-amz-meta-" + PutID.metadataName, putID))
    }

    private static func isMetadataName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// Printable ASCII without space at an end: what is signed and what arrives are then the same.
    private static func isHeaderValue(_ value: String) -> Bool {
        value.utf8.first != UInt8(ascii: " ") && value.utf8.last != UInt8(ascii: " ")
            && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}

extension HTTPHeaders {
    /// `If-Match` or `If-None-Match`, as a write's condition asks.
    mutating func append(_ condition: WriteCondition) {
        switch condition {
        case .none: break
        case .ifAbsent: append("if-none-match", "*")
        case .ifMatch(let eTag): append("if-match", eTag.headerValue)
        }
    }
}
