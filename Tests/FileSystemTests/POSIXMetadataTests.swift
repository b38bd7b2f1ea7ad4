import ObjectStorage
import Testing

@testable import FileSystem

@Suite struct POSIXMetadataTests {
    private func attributes(kind: FileKind = .regular) -> FileAttributes {
        FileAttributes(
            kind: kind, permissions: 0o600, uid: 0, gid: 0, size: 3,
            modified: Timestamp(seconds: 1))
    }

    @Test("what is encoded is decoded again") func roundTrip() {
        var written = attributes(kind: .symbolicLink)
        written.permissions = 0o4751
        written.uid = 4_294_967_294
        written.modified = Timestamp(seconds: 1_700_000_000, nanoseconds: 5)

        var read = attributes()
        POSIXMetadata.decode(POSIXMetadata.encode(written), into: &read)

        #expect(read.kind == .symbolicLink)
        #expect(read.permissions == 0o4751)
        #expect(read.uid == 4_294_967_294)
        #expect(read.modified == written.modified)
    }

    @Test(
        "the forms of s3fs and rclone are understood",
        arguments: [
            ("1512345678", 1_512_345_678, 0), ("1512345678.5", 1_512_345_678, 500_000_000),
            ("1512345678.123456789", 1_512_345_678, 123_456_789),
        ])
    func times(text: String, seconds: Int, nanoseconds: Int) {
        var read = attributes()

        POSIXMetadata.decode(["mtime": text, "mode": "33188"], into: &read)

        #expect(
            read.modified
                == Timestamp(seconds: Int64(seconds), nanoseconds: Int32(nanoseconds)))
        #expect(read.permissions == 0o644)
    }

    @Test(
        "values that cannot be parsed change nothing",
        arguments: [
            ["mode": "rw-r--r--"], ["mtime": "yesterday"], ["mtime": "1.x"], ["uid": "-1"],
            ["mode": ""], ["mtime": ""], ["mtime": "."],
        ])
    func damaged(metadata: [String: String]) {
        var read = attributes()

        POSIXMetadata.decode(metadata, into: &read)

        #expect(read == attributes())
    }
}
