/// The entity tag of one version of an object's content, without the quotation marks of HTTP.
/// Source: RFC 9110 section 8.8.3; S3 API, "Object".
package struct ETag: Hashable, Sendable {
    /// The tag between the quotation marks.
    package let rawValue: String

    /// Takes a tag with or without the quotation marks.
    package init(_ value: String) {
        var text = Substring(value)
        if text.count >= 2, text.first == "\"", text.last == "\"" {
            text = text.dropFirst().dropLast()
        }
        rawValue = String(text)
    }

    /// The tag as an HTTP header's value, in quotation marks.
    package var headerValue: String { "\"\(rawValue)\"" }
}

/// A part's place in its multipart upload: 1 to 10,000.
/// Source: S3 User Guide, "Amazon S3 multipart upload limits".
package struct PartNumber: Hashable, Comparable, Sendable {
    /// The numbers that S3 takes.
    package static let allowed = 1...10_000

    /// The number as sent to the store.
    package let rawValue: Int

    /// - Returns: nil outside 1 to 10,000.
    package init?(_ value: Int) {
        guard Self.allowed.contains(value) else { return nil }
        rawValue = value
    }

    package static func < (left: PartNumber, right: PartNumber) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A multipart upload under way: the store's identifier and the key that it will become.
package struct MultipartUpload: Hashable, Sendable {
    package let key: ObjectKey
    /// Opaque, chosen by the store.
    package let identifier: String

    package init(key: ObjectKey, identifier: String) {
        self.key = key
        self.identifier = identifier
    }
}

/// A part that the store has acknowledged.
package struct Part: Hashable, Sendable {
    package let number: PartNumber
    package let eTag: ETag
    /// Bytes; 0 when the store's answer does not say.
    package let size: UInt64
    /// The checksum that the store confirmed, where it did.
    package let checksum: Checksum?

    package init(number: PartNumber, eTag: ETag, size: UInt64, checksum: Checksum?) {
        self.number = number
        self.eTag = eTag
        self.size = size
        self.checksum = checksum
    }
}

/// A run of an object's bytes: `offset` to `end`, the end not included.
package struct ByteRange: Hashable, Sendable {
    package let offset: UInt64
    package let count: UInt64

    /// - Precondition: `offset + count` fits 64 bits.
    package init(offset: UInt64, count: UInt64) {
        precondition(offset.addingReportingOverflow(count).overflow == false)
        self.offset = offset
        self.count = count
    }

    /// The first offset behind the range.
    package var end: UInt64 { offset + count }
    package var isEmpty: Bool { count == 0 }

    /// The common part of two ranges; empty, at the larger offset, when they do not meet.
    package func intersection(_ other: ByteRange) -> ByteRange {
        let start = max(offset, other.offset)
        let stop = min(end, other.end)
        return ByteRange(offset: start, count: stop > start ? stop - start : 0)
    }
}
