internal import Encryption
private import LocalDisk
private import ObjectStorage

/// The bytes of a data file: a header, then slots of one sealed record each. All numbers are little
/// endian. `OnDiskFormat.md` describes it; a fixture of version 1 stands in the tests.
package enum RecordFormat {
    /// Plaintext bytes of a block.
    package static let blockSize = 64 << 10
    /// Bytes in front of a record's ciphertext: 36 of fields, 12 of IV, 16 of tag.
    package static let recordHeaderLength = fieldsLength + AES256GCM.overhead
    /// Bytes from one slot to the next.
    package static let slotLength = recordHeaderLength + blockSize
    /// Where slot 0 begins: one page.
    package static let fileHeaderLength = 4096
    /// Bytes of ids.
    package static let identifierLength = 16

    static let fieldsLength = 36
    /// "WFR1": a record of version 1.
    static let recordMagic: UInt32 = 0x3152_4657
    /// "WARDSTG1".
    static let fileMagic = Array("WARDSTG1".utf8)
    static let version: UInt16 = 1
    /// Bytes of the file header that the wrapped key is bound to.
    static let boundHeaderLength = 56

    /// Where a slot begins in the data file.
    package static func offset(of slot: UInt64) -> UInt64 {
        UInt64(fileHeaderLength) + slot * UInt64(slotLength)
    }
}

/// What tells one record from all others. All of it is authenticated.
package struct RecordIdentity: Hashable, Sendable {
    /// Which of the file's keys sealed it; 0 is the first.
    var keyNumber: UInt16 = 0
    var block: UInt64
    /// Counts up with every record of the file; never given twice.
    var generation: UInt64
    /// Plaintext bytes, 1 to 65,536.
    var length: UInt32

    /// The 36 bytes of a record's clear fields.
    var fields: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(RecordFormat.fieldsLength)
        bytes.appendLittleEndian(RecordFormat.recordMagic)
        // Flags: none in version 1.
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(keyNumber)
        bytes.appendLittleEndian(block)
        bytes.appendLittleEndian(generation)
        bytes.appendLittleEndian(length)
        // Reserved.
        bytes.appendLittleEndian(UInt64(0))
        return bytes
    }
}

/// Seals and opens the records of one file.
struct RecordCipher: Sendable {
    private let cipher: AES256GCM
    /// Mount id and file id.
    private let context: [UInt8]

    init(key: DataKey, mountID: [UInt8], fileID: [UInt8]) {
        cipher = AES256GCM(key: key)
        context = mountID + fileID
    }

    /// Appends the whole record: fields, IV, tag, ciphertext.
    func seal(
        _ plaintext: Span<UInt8>, as identity: RecordIdentity,
        into output: inout OutputSpan<UInt8>
    ) throws(StagingError) {
        let fields = identity.fields
        let bound = fields + context
        output.append(copying: fields.span)
        do throws(EncryptionError) {
            try cipher.seal(plaintext, additionalData: bound.span, into: &output)
        } catch {
            throw StagingError(.cryptographyFailed, cause: error)
        }
    }

    /// Appends the plaintext of a record that must be `identity`.
    /// - Throws: `damaged` when one bit of it is not as it was sealed, or it is another record.
    func open(
        _ record: Span<UInt8>, as identity: RecordIdentity, into output: inout OutputSpan<UInt8>
    ) throws(StagingError) {
        let fields = identity.fields
        let bound = fields + context
        let length = RecordFormat.recordHeaderLength + Int(identity.length)
        guard record.count >= length,
            HMACSHA256.equal(record.extracting(..<RecordFormat.fieldsLength), fields.span)
        else { throw StagingError(.damaged, detail: "not the record that the map names") }
        do throws(EncryptionError) {
            try cipher.open(
                record.extracting(RecordFormat.fieldsLength..<length),
                additionalData: bound.span, into: &output)
        } catch {
            let code: StagingError.Code =
                error.code == .authenticationFailed ? .damaged : .cryptographyFailed
            throw StagingError(code, cause: error)
        }
    }
}

/// The head of a data file, with the file's key wrapped under the mount's.
struct FileHeader {
    let mountID: [UInt8]
    let fileID: [UInt8]

    /// The header's first 56 bytes, which the wrapped key is bound to.
    private var bound: [UInt8] {
        var bytes = RecordFormat.fileMagic
        bytes.appendLittleEndian(RecordFormat.version)
        // Flags.
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(UInt32(RecordFormat.blockSize))
        bytes += mountID + fileID
        // Key number 0, and 6 reserved bytes.
        bytes.appendLittleEndian(UInt64(0))
        return bytes
    }

    /// The header's 116 bytes; zeros follow up to slot 0.
    func encoded(
        wrapping key: DataKey, with wrapping: KeyWrapping
    ) throws(EncryptionError) -> [UInt8] {
        let bound = bound
        return bound + (try wrapping.wrap(key, context: bound.span))
    }

    /// Reads the key of a file that lies under its id.
    /// - Throws: `damaged` when it is not this file's header; `cryptographyFailed` when the master
    ///   key is another one: the file is then locked, and kept.
    func key(
        from bytes: Span<UInt8>, with wrapping: KeyWrapping
    ) throws(StagingError) -> DataKey {
        let expected = bound
        guard bytes.count >= RecordFormat.boundHeaderLength + KeyWrapping.wrappedLength,
            HMACSHA256.equal(bytes.extracting(..<expected.count), expected.span)
        else { throw StagingError(.damaged, detail: "not this file's header") }
        do throws(EncryptionError) {
            return try wrapping.unwrap(
                bytes.extracting(expected.count..<expected.count + KeyWrapping.wrappedLength),
                context: expected.span)
        } catch {
            throw StagingError(.cryptographyFailed, detail: "the file is locked", cause: error)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
