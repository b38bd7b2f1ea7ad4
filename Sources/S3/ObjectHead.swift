import Checksums
import HTTP
import ObjectStorage

/// The headers of an answer that tell about an object, read in one pass.
/// Source: S3 API Reference, HeadObject, response syntax.
struct ObjectHead: Sendable {
    var eTag: ETag?
    var contentLength: UInt64?
    var contentRange: String?
    var lastModified: Timestamp?
    var versionID: String?
    var contentType: String?
    var storageClass: String?
    /// Without `wardfs-put-id`.
    var userMetadata: [String: String] = [:]
    var putID: String?
    var encryption = ServerSideEncryption.none
    /// Over the object's bytes; a composite of parts' checksums is not kept.
    var checksum: Checksum?

    private static let metadataPrefix = "x-amz-meta-"

    init(_ headers: HTTPHeaders) {
        var keyID: String?
        var bucketKey = false
        var algorithm: String?
        var isComposite = false
        for (name, value) in headers.fields {
            let name = name.lowercased()
            switch name {
            case "etag": eTag = ETag(value)
            case "content-length": contentLength = UInt64(value)
            case "content-range": contentRange = value
            case "content-type": contentType = value
            case "last-modified": lastModified = HTTPDate.parse(value)
            case "x-amz-version-id": versionID = value == "null" ? nil : value
            case "x-amz-storage-class": storageClass = value
            case "x-amz-server-side-encryption": algorithm = value
            case "x-amz-server-side-encryption-aws-kms-key-id": keyID = value
            case "x-amz-server-side-encryption-bucket-key-enabled": bucketKey = value == "true"
            case "x-amz-checksum-type": isComposite = value == "COMPOSITE"
            case "x-amz-checksum-crc64nvme":
                checksum = Checksum(algorithm: .crc64NVME, headerValue: value)
            case "x-amz-checksum-crc32c" where checksum == nil:
                checksum = Checksum(algorithm: .crc32C, headerValue: value)
            default:
                guard name.hasPrefix(Self.metadataPrefix) else { continue }
                addMetadata(String(name.dropFirst(Self.metadataPrefix.count)), value)
            }
        }
        if isComposite { checksum = nil }
        encryption = Self.encryption(algorithm, keyID: keyID, bucketKey: bucketKey)
    }

    private mutating func addMetadata(_ name: String, _ value: String) {
        if name == PutID.metadataName { putID = value } else { userMetadata[name] = value }
    }

    private static func encryption(
        _ algorithm: String?, keyID: String?, bucketKey: Bool
    ) -> ServerSideEncryption {
        switch algorithm {
        case "AES256": .s3
        case "aws:kms": .kms(keyID: keyID, bucketKey: bucketKey)
        case "aws:kms:dsse": .dualLayerKMS(keyID: keyID)
        default: .none
        }
    }

    /// The attributes of an object of that size.
    /// - Throws: `malformedResponse` without an ETag or a date.
    func attributes(
        size: UInt64, operation: String
    ) throws(ObjectStoreError) -> ObjectAttributes {
        guard let eTag, let lastModified else {
            throw .malformed(operation, "the answer has no ETag or Last-Modified")
        }
        return ObjectAttributes(
            size: size, eTag: eTag, lastModified: lastModified, userMetadata: userMetadata,
            storageClass: storageClass ?? "STANDARD", encryption: encryption,
            versionID: versionID, contentType: contentType, checksum: checksum)
    }
}

/// The name of the random identifier that each write carries, so that an answer that was lost can
/// be
/// told from another's write.
enum PutID {
    static let metadataName = "wardfs-put-id"
}
