/// What must be true of the key for a write to happen.
package enum WriteCondition: Hashable, Sendable {
    /// Write whatever is there.
    case none
    /// Write only if the key has no object (`If-None-Match: *`).
    case ifAbsent
    /// Write only over this version (`If-Match`).
    case ifMatch(ETag)
}

/// What an object's content comes with.
package struct NewObject: Hashable, Sendable {
    package var key: ObjectKey
    /// Names in lower case, without `x-amz-meta-`. Printable ASCII values, 2 KiB in all.
    package var userMetadata: [String: String]
    package var contentType: String?
    package var condition: WriteCondition

    package init(
        key: ObjectKey, userMetadata: [String: String] = [:], contentType: String? = nil,
        condition: WriteCondition = .none
    ) {
        self.key = key
        self.userMetadata = userMetadata
        self.contentType = contentType
        self.condition = condition
    }
}

/// A server-side copy onto `target`.
package struct CopyRequest: Sendable {
    package var source: ObjectKey
    /// The source must still be this version (`x-amz-copy-source-if-match`).
    package var sourceETag: ETag?
    package var target: NewObject
    /// Whether the target takes `target.userMetadata` and content type, or the source's.
    package var replacesMetadata: Bool

    package init(
        source: ObjectKey, sourceETag: ETag?, target: NewObject, replacesMetadata: Bool
    ) {
        self.source = source
        self.sourceETag = sourceETag
        self.target = target
        self.replacesMetadata = replacesMetadata
    }
}

/// One page of a listing.
package struct ListRequest: Sendable {
    /// Only keys that begin so; empty for all.
    package var prefix: ObjectKey
    /// `"/"` to fold deeper keys into common prefixes; nil for all keys.
    package var delimiter: String?
    /// From the page before.
    package var continuationToken: String?
    /// Only keys behind this one.
    package var startAfter: ObjectKey?
    /// 1 to 1,000.
    package var maximumKeys: Int

    package init(
        prefix: ObjectKey, delimiter: String? = "/", continuationToken: String? = nil,
        startAfter: ObjectKey? = nil, maximumKeys: Int = 1000
    ) {
        self.prefix = prefix
        self.delimiter = delimiter
        self.continuationToken = continuationToken
        self.startAfter = startAfter
        self.maximumKeys = maximumKeys
    }
}

/// The answer to a `ListRequest`: sorted by bytes, nothing outside the prefix, nothing twice.
package struct ListPage: Sendable {
    package var objects: [(key: ObjectKey, attributes: ObjectAttributes)]
    /// With the delimiter at the end.
    package var commonPrefixes: [ObjectKey]
    /// Nil on the last page.
    package var continuationToken: String?

    package init(
        objects: [(key: ObjectKey, attributes: ObjectAttributes)], commonPrefixes: [ObjectKey],
        continuationToken: String?
    ) {
        self.objects = objects
        self.commonPrefixes = commonPrefixes
        self.continuationToken = continuationToken
    }
}

/// What a store can hold and do.
package struct StoreCapabilities: Hashable, Sendable {
    /// Bytes; S3: 48.8 TiB.
    package var maximumObjectSize: UInt64
    /// Bytes of every part but the last; S3: 5 MiB.
    package var minimumPartSize: UInt64
    /// Bytes; S3: 5 GiB. Also the largest single put and copy.
    package var maximumPartSize: UInt64
    /// S3: 10,000.
    package var maximumPartCount: Int
    /// Whether `WriteCondition` is honoured; without it lost updates cannot be refused.
    package var conditionalWrites: Bool
    /// Whether a delete with an ETag is honoured.
    package var conditionalDelete: Bool

    package init(
        maximumObjectSize: UInt64 = 53_687_091_200_000, minimumPartSize: UInt64 = 5 << 20,
        maximumPartSize: UInt64 = 5 << 30, maximumPartCount: Int = 10_000,
        conditionalWrites: Bool = true, conditionalDelete: Bool = true
    ) {
        self.maximumObjectSize = maximumObjectSize
        self.minimumPartSize = minimumPartSize
        self.maximumPartSize = maximumPartSize
        self.maximumPartCount = maximumPartCount
        self.conditionalWrites = conditionalWrites
        self.conditionalDelete = conditionalDelete
    }
}
