import ObjectStorage

/// A run of plaintext bytes in a data file.
struct Extent: Hashable, Sendable {
    let file: Identifier
    /// Plaintext bytes that the whole file holds; tells a cut file from a whole one.
    let fileSize: UInt64
    /// The run: inside the file.
    let range: ByteRange

    /// The part of the run that `range`, counted from the run's beginning, covers.
    func slice(_ range: ByteRange) -> Extent {
        Extent(
            file: file, fileSize: fileSize,
            range: ByteRange(offset: self.range.offset + range.offset, count: range.count))
    }
}

extension [Extent] {
    /// Bytes of all runs; nil when that is above 64 bits.
    var byteCount: UInt64? {
        var total: UInt64 = 0
        for extent in self {
            let (sum, overflow) = total.addingReportingOverflow(extent.range.count)
            guard !overflow else { return nil }
            total = sum
        }
        return total
    }

    /// The runs of a range, counted from the first run's beginning.
    func slice(_ range: ByteRange) -> [Extent] {
        var result: [Extent] = []
        var start: UInt64 = 0
        for extent in self {
            let whole = ByteRange(offset: start, count: extent.range.count)
            let common = whole.intersection(range)
            if !common.isEmpty {
                result.append(
                    extent.slice(
                        ByteRange(offset: common.offset - start, count: common.count)))
            }
            start = whole.end
        }
        return result
    }
}

extension FieldWriter {
    mutating func append(_ extents: [Extent]) {
        append(UInt32(extents.count))
        for extent in extents {
            append(raw: extent.file.bytes)
            append(extent.fileSize)
            append(extent.range.offset)
            append(extent.range.count)
        }
    }
}

extension FieldReader {
    mutating func extents() throws(FieldError) -> [Extent] {
        var result: [Extent] = []
        for _ in 0..<(try number(UInt32.self)) {
            let file = Identifier(bytes: try raw(Identifier.length))
            let fileSize: UInt64 = try number()
            let offset: UInt64 = try number()
            let count: UInt64 = try number()
            guard offset <= fileSize, count <= fileSize - offset else { throw FieldError() }
            result.append(
                Extent(
                    file: file, fileSize: fileSize,
                    range: ByteRange(offset: offset, count: count)))
        }
        return result
    }
}

/// What the store knows about an object: sealed, it is the object's file.
struct Manifest: Hashable, Sendable {
    static let version: UInt16 = 1

    var key: ObjectKey
    var size: UInt64
    /// New for each version; its hexadecimal digits begin the ETag.
    var versionID: Identifier
    /// Parts of the multipart upload that it came from; 0 for none.
    var partCount: UInt32
    var lastModified: Timestamp
    var userMetadata: [String: String]
    var contentType: String?
    var checksum: Checksum?
    /// Empty when the content stands in the object's own file.
    var extents: [Extent]
    var isInline: Bool

    var eTag: ETag {
        ETag(versionID.hexadecimal + (partCount > 0 ? "-\(partCount)" : ""))
    }

    var attributes: ObjectAttributes {
        ObjectAttributes(
            size: size, eTag: eTag, lastModified: lastModified, userMetadata: userMetadata,
            encryption: .s3, contentType: contentType, checksum: checksum)
    }

    var storedObject: StoredObject {
        StoredObject(
            eTag: eTag, encryption: .s3, checksum: checksum, lastModified: lastModified)
    }

    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.append(Self.version)
        fields.append(key.rawValue)
        fields.append(size)
        fields.append(raw: versionID.bytes)
        fields.append(partCount)
        fields.append(lastModified)
        fields.append(userMetadata)
        fields.append(contentType)
        fields.append(checksum)
        fields.append(UInt8(isInline ? 1 : 0))
        fields.append(extents)
        return fields.bytes
    }

    init(
        of object: NewObject, size: UInt64, versionID: Identifier, partCount: UInt32 = 0,
        lastModified: Timestamp, checksum: Checksum?, extents: [Extent], isInline: Bool = false
    ) {
        key = object.key
        self.size = size
        self.versionID = versionID
        self.partCount = partCount
        self.lastModified = lastModified
        userMetadata = object.userMetadata
        contentType = object.contentType
        self.checksum = checksum
        self.extents = extents
        self.isInline = isInline
    }

    init(decoding bytes: [UInt8]) throws(FieldError) {
        var fields = FieldReader(bytes)
        guard try fields.number(UInt16.self) == Self.version else { throw FieldError() }
        key = ObjectKey(try fields.text())
        size = try fields.number()
        versionID = Identifier(bytes: try fields.raw(Identifier.length))
        partCount = try fields.number()
        lastModified = try fields.timestamp()
        userMetadata = try fields.metadata()
        contentType = try fields.optionalText()
        checksum = try fields.checksum()
        isInline = try fields.number(UInt8.self) == 1
        extents = try fields.extents()
        guard fields.isAtEnd, isInline || extents.byteCount == size else { throw FieldError() }
    }
}
