package import HTTP
package import ObjectStorage

/// A bucket, or a part of one, and how it is written to.
package struct S3Configuration: Sendable {
    /// Whether the bucket is named in the host or in the path.
    package enum Addressing: String, Sendable, CaseIterable {
        /// In the host on AWS when the bucket's name allows it, else in the path.
        case automatic
        case virtualHost
        case path
    }

    /// Which checksum goes with every write.
    package enum ChecksumChoice: String, Sendable, CaseIterable {
        /// CRC-64/NVME, and CRC-32C from the moment the store refuses that.
        case automatic
        case crc64NVME
        case crc32C
    }

    package var bucket: String
    /// Prepended to every key and cut off every listed one: `team/a/`. Empty for the whole bucket.
    package var keyPrefix: ObjectKey
    /// Until the store says otherwise.
    package var region: String
    /// Nil for AWS's own. Its path, if any, stands before the bucket.
    package var endpoint: HTTPURL?
    package var addressing: Addressing
    /// AWS's FIPS 140 endpoints; only without `endpoint`.
    package var usesFIPSEndpoint: Bool
    /// AWS's IPv6 endpoints; only without `endpoint`.
    package var usesDualStackEndpoint: Bool
    /// Asked for, and to be confirmed, with every write.
    package var encryption: ServerSideEncryption
    /// Nil to send no ACL at all (saves the permission s3:PutObjectAcl).
    package var acl: CannedACL?
    /// Such as `INTELLIGENT_TIERING`; nil for the bucket's default.
    package var storageClass: String?
    /// `key=value&...`, percent-encoded; nil for none.
    package var tagging: String?
    /// Twelve digits. The store refuses every request when the bucket belongs to someone else.
    package var expectedBucketOwner: String?
    package var requesterPays: Bool
    package var checksum: ChecksumChoice
    package var retry: RetryPolicy
    package var capabilities: StoreCapabilities
    /// Requests under way at once, at most.
    package var maximumConcurrency: Int

    package init(
        bucket: String, region: String, keyPrefix: ObjectKey = ObjectKey(""),
        endpoint: HTTPURL? = nil, addressing: Addressing = .automatic,
        encryption: ServerSideEncryption = .s3
    ) {
        self.bucket = bucket
        self.keyPrefix = keyPrefix
        self.region = region
        self.endpoint = endpoint
        self.addressing = addressing
        usesFIPSEndpoint = false
        usesDualStackEndpoint = false
        self.encryption = encryption
        acl = .private
        storageClass = nil
        tagging = nil
        expectedBucketOwner = nil
        requesterPays = false
        checksum = .automatic
        retry = RetryPolicy()
        capabilities = StoreCapabilities()
        // Enough to fill 10 Gbit/s with 8 MiB parts at 30 ms, and what libcurl holds with ease.
        maximumConcurrency = 64
    }
}

/// An access control list by its name.
/// Source: S3 User Guide, "Canned ACL".
package enum CannedACL: String, Sendable, CaseIterable {
    case `private` = "private"
    case publicRead = "public-read"
    case publicReadWrite = "public-read-write"
    case authenticatedRead = "authenticated-read"
    case awsExecRead = "aws-exec-read"
    case bucketOwnerRead = "bucket-owner-read"
    case bucketOwnerFullControl = "bucket-owner-full-control"

    /// Whether a bucket whose ACLs are disabled gives no one more than this ACL does: there only
    /// the
    /// bucket's owner has access.
    var impliedByBucketOwnerEnforced: Bool {
        switch self {
        case .private, .bucketOwnerRead, .bucketOwnerFullControl: true
        case .publicRead, .publicReadWrite, .authenticatedRead, .awsExecRead: false
        }
    }
}
