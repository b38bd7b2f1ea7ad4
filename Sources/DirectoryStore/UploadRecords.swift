import ObjectStorage

/// A multipart upload under way: sealed, it is the upload's file.
struct UploadRecord: Sendable {
    var object: NewObject
    var initiated: Timestamp

    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.append(Manifest.version)
        fields.append(object.key.rawValue)
        fields.append(object.userMetadata)
        fields.append(object.contentType)
        fields.append(initiated)
        return fields.bytes
    }

    init(object: NewObject, initiated: Timestamp) {
        self.object = object
        self.initiated = initiated
    }

    init(decoding bytes: [UInt8]) throws(FieldError) {
        var fields = FieldReader(bytes)
        guard try fields.number(UInt16.self) == Manifest.version else { throw FieldError() }
        object = NewObject(key: ObjectKey(try fields.text()))
        object.userMetadata = try fields.metadata()
        object.contentType = try fields.optionalText()
        initiated = try fields.timestamp()
        guard fields.isAtEnd else { throw FieldError() }
    }
}

/// A part that was sent: sealed, it is the part's file.
struct PartRecord: Sendable {
    /// Its ETag's digits.
    var versionID: Identifier
    var size: UInt64
    /// CRC-64/NVME and CRC-32C of the part; none of one that was copied by reference.
    var checksums: [Checksum]
    /// What the sender asked to be checked, or CRC-64/NVME.
    var confirmed: Checksum?
    var extents: [Extent]

    func part(_ number: PartNumber) -> Part {
        Part(number: number, eTag: eTag, size: size, checksum: confirmed)
    }

    var eTag: ETag { ETag(versionID.hexadecimal) }

    func checksum(_ algorithm: ChecksumAlgorithm) -> Checksum? {
        checksums.first { $0.algorithm == algorithm }
    }

    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.append(Manifest.version)
        fields.append(raw: versionID.bytes)
        fields.append(size)
        fields.append(UInt8(checksums.count))
        for checksum in checksums { fields.append(checksum) }
        fields.append(confirmed)
        fields.append(extents)
        return fields.bytes
    }

    init(
        versionID: Identifier, size: UInt64, checksums: [Checksum], confirmed: Checksum?,
        extents: [Extent]
    ) {
        self.versionID = versionID
        self.size = size
        self.checksums = checksums
        self.confirmed = confirmed
        self.extents = extents
    }

    init(decoding bytes: [UInt8]) throws(FieldError) {
        var fields = FieldReader(bytes)
        guard try fields.number(UInt16.self) == Manifest.version else { throw FieldError() }
        versionID = Identifier(bytes: try fields.raw(Identifier.length))
        size = try fields.number()
        checksums = []
        for _ in 0..<(try fields.number(UInt8.self)) {
            if let checksum = try fields.checksum() { checksums.append(checksum) }
        }
        confirmed = try fields.checksum()
        extents = try fields.extents()
        guard fields.isAtEnd, extents.byteCount == size else { throw FieldError() }
    }
}
