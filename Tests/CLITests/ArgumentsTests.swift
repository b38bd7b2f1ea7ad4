import Testing

@testable import CLI

@Suite struct ArgumentsTests {
    @Test(
        "sizes take a binary suffix",
        arguments: [
            ("0", 0), ("512", 512), ("4K", 4096), ("1m", 1 << 20), ("2G", 2 << 30), ("1T", 1 << 40),
        ])
    func sizes(text: String, bytes: Int) {
        #expect(ByteCount(argument: text)?.bytes == UInt64(bytes))
    }

    @Test(
        "what is no size is refused",
        arguments: [
            "", "K", "-1", "1.5G", "1GB", "99999999999999999999", "18446744073709551615K",
        ])
    func noSizes(text: String) {
        #expect(ByteCount(argument: text) == nil)
    }

    @Test("modes are octal and within 0777") func modes() {
        #expect(OctalMode(argument: "027")?.bits == 0o027)
        #expect(OctalMode(argument: "8") == nil)
        #expect(OctalMode(argument: "1000") == nil)
    }

    @Test("a source is a bucket with or without prefix, or a directory") func sources() {
        #expect(MountSource(argument: "s3://b") == .bucket("b", prefix: ""))
        #expect(MountSource(argument: "s3://b/") == .bucket("b", prefix: ""))
        #expect(MountSource(argument: "s3://b/p/q/") == .bucket("b", prefix: "p/q"))
        #expect(MountSource(argument: "dir:/srv/o") == .directory("/srv/o"))
        #expect(MountSource(argument: "s3://") == nil)
        #expect(MountSource(argument: "s3:///p") == nil)
        #expect(MountSource(argument: "dir:") == nil)
        #expect(MountSource(argument: "b") == nil)
    }

    @Test("df never shows the prefix") func shownName() {
        #expect(MountSource.bucket("b", prefix: "Doe").shownName == "s3://b")
    }
}
