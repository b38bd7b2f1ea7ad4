import Encryption
import LocalDisk
import ObjectStorage
import Testing

@testable import Staging

@Suite("RecordFormat")
struct RecordFormatTests {
    /// Written by the first implementation of version 1, under the master key of 32 bytes 01 and
    /// the mount id of 16 bytes 02. An independent reader in Python gave the same text.
    private static let header =
        "57415244535447310100000000000100020202020202020202020202020202023d5364db5fb0c741"
        + "f5e8878c490d4b53000000000000000037b4cf7a585c6632f0ef881e348e362427dee5c48844eb18"
        + "3b7383f67502f318c5f1e9df1ef6bfe0097072e211d32685f7fed56eb4bc836ca06ef2e0"
    private static let record =
        "57465231000000000000000000000000020000000000000013000000000000000000000086956874"
        + "a26911ee73a4e6102fcf1c06822403e47c1f97994b158d55f0396b1c5bfb1c9b094dad98fc08a516"
        + "85fc3b"
    private static let fileID = "3d5364db5fb0c741f5e8878c490d4b53"

    private let mountID = [UInt8](repeating: 2, count: 16)

    private func wrapping(_ byte: UInt8) throws -> KeyWrapping {
        let material = [UInt8](repeating: byte, count: 32)
        let key = try MasterKey(material: material.span)
            .subkey(for: "wardfs staging 1 data keys", context: mountID.span)
        return KeyWrapping(key: key)
    }

    @Test("a header and a record of version 1 still open")
    func fixture() throws {
        let header = bytes(Self.header)
        let record = bytes(Self.record)
        let id = bytes(Self.fileID)

        let key = try FileHeader(mountID: mountID, fileID: id)
            .key(from: header.span, with: wrapping(1))
        let plain = try [UInt8](capacity: 19) { (output: inout OutputSpan<UInt8>) in
            try RecordCipher(key: key, mountID: mountID, fileID: id).open(
                record.span, as: RecordIdentity(block: 0, generation: 2, length: 19),
                into: &output)
        }

        #expect(String(decoding: plain, as: UTF8.self) == "fixture of format 1")
    }

    @Test("sizes are those of the description")
    func sizes() {
        #expect(RecordFormat.recordHeaderLength == 64)
        #expect(RecordFormat.slotLength == 65_600)
        #expect(RecordFormat.offset(of: 1) == 69_696)
        let identity = RecordIdentity(
            keyNumber: 0x0201, block: 0x0807_0605_0403_0201, generation: 9, length: 7)
        #expect(
            identity.fields == Array("WFR1".utf8) + [0, 0, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8]
                + [9, 0, 0, 0, 0, 0, 0, 0] + [7, 0, 0, 0] + [UInt8](repeating: 0, count: 8))
    }

    @Test("under another master key a file is locked, and under another name it is damaged")
    func locked() throws {
        let header = bytes(Self.header)
        let mine = FileHeader(mountID: mountID, fileID: bytes(Self.fileID))
        let other = FileHeader(mountID: mountID, fileID: [UInt8](repeating: 3, count: 16))

        #expect(
            code { try mine.key(from: header.span, with: wrapping(2)) } == .cryptographyFailed)
        #expect(code { try other.key(from: header.span, with: wrapping(1)) } == .damaged)
    }

    private func bytes(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
