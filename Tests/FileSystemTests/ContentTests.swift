import FileSystem
import LocalDiskTestSupport
import ObjectStorage
import ObjectStoreTestSupport
import Testing

@Suite struct ContentTests {
    private let fixture: MountedFixture

    init() throws {
        fixture = try MountedFixture()
    }

    private var fileSystem: FileSystem { fixture.fileSystem }

    // MARK: Links and attributes

    @Test("a symbolic link is an object that holds its target") func links() async throws {
        let link = try await fileSystem.makeSymbolicLink(
            .root, "l", target: "to/there", MountedFixture.writer)

        #expect(fixture.object("l") == "to/there")
        #expect(try await fileSystem.readSymbolicLink(link.inode) == "to/there")
        #expect(link.attributes.size == 8)
    }

    @Test("a link is known again by a mount that has not made it") func linkRemount() async throws {
        fixture.setObject("l", "to/there", metadata: ["mode": "41471"])

        let entry = try await fixture.lookup("l")

        #expect(entry.attributes.kind == .symbolicLink)
        #expect(try await fileSystem.readSymbolicLink(entry.inode) == "to/there")
    }

    @Test("attributes of an uploaded file change by a copy, its content stays") func chmod()
        async throws
    {
        fixture.setObject("a", "data", metadata: ["project": "x"])
        let inode = try await fixture.lookup("a").inode

        let changed = try await fileSystem.setAttributes(
            inode, AttributeChange(permissions: 0o640, modified: Timestamp(seconds: 5)))

        #expect(changed.attributes.permissions == 0o640)
        #expect(fixture.memory.count(of: .copy) == 1)
        #expect(fixture.memory.count(of: .put) == 0)
        let metadata = try await fixture.memory.head(ObjectKey("a")).userMetadata
        #expect(metadata?["mode"] == "33184")
        #expect(metadata?["mtime"] == "5")
        #expect(metadata?["project"] == "x")
    }

    @Test("attributes set before the close ride on the upload") func chmodOpen() async throws {
        let handle = try await fixture.create("a")
        try await fixture.write("x", to: handle)
        let inode = try await fixture.lookup("a").inode

        _ = try await fileSystem.setAttributes(inode, AttributeChange(permissions: 0o600))
        try await fixture.close(handle)

        #expect(fixture.memory.count(of: .put) == 1)
        #expect(fixture.memory.count(of: .copy) == 0)
        let metadata = try await fixture.memory.head(ObjectKey("a")).userMetadata
        #expect(metadata?["mode"] == "33152")
    }

    @Test("setting what is set already asks nothing") func chmodSame() async throws {
        try await fixture.save("x", to: "a")
        let entry = try await fixture.lookup("a")
        fixture.memory.resetCounts()

        _ = try await fileSystem.setAttributes(
            entry.inode, AttributeChange(permissions: entry.attributes.permissions))

        #expect(fixture.memory.totalCount == 0)
    }

    @Test("a streamed file is one upload, though its time changed since the upload began")
    func streamed() async throws {
        let handle = try await fixture.create("a")
        let block = String(repeating: "x", count: 1 << 20)
        for index in 0..<40 {
            try await fixture.write(block, at: UInt64(index) << 20, to: handle)
            fixture.time.advance(by: .seconds(1))
        }
        try await fixture.close(handle)

        #expect(fixture.memory.count(of: .createMultipartUpload) == 1)
        #expect(fixture.memory.count(of: .copy) == 0)
        let attributes = try await fixture.lookup("a").attributes
        let metadata = try await fixture.memory.head(ObjectKey("a")).userMetadata
        #expect(attributes.size == 40 << 20)
        #expect(metadata?["mtime"] == String(attributes.modified.seconds))
    }

    @Test("a time that was set is stored exactly, also for a streamed file")
    func streamedWithTime() async throws {
        let handle = try await fixture.create("a")
        let block = String(repeating: "x", count: 1 << 20)
        for index in 0..<40 {
            try await fixture.write(block, at: UInt64(index) << 20, to: handle)
        }
        let inode = try await fixture.lookup("a").inode
        _ = try await fileSystem.setAttributes(
            inode, AttributeChange(modified: Timestamp(seconds: 5, nanoseconds: 7)))
        try await fixture.close(handle)

        let metadata = try await fixture.memory.head(ObjectKey("a")).userMetadata
        #expect(metadata?["mtime"] == "5.000000007")
        #expect(try await fixture.lookup("a").attributes.modified.seconds == 5)
    }

    // MARK: Changing what exists

    @Test("a file can be changed in place, lengthened and cut") func modify() async throws {
        fixture.setObject("a", "0123456789")
        let handle = try await fixture.open("a", write: true).handle
        try await fixture.write("XY", at: 2, to: handle)
        #expect(try await fixture.read(handle) == "01XY456789")
        try await fixture.close(handle)
        #expect(fixture.object("a") == "01XY456789")

        let inode = try await fixture.lookup("a").inode
        _ = try await fileSystem.setAttributes(inode, AttributeChange(size: 4))
        #expect(fixture.object("a") == "01XY")

        _ = try await fileSystem.setAttributes(inode, AttributeChange(size: 6))
        #expect(fixture.object("a") == "01XY\0\0")
        #expect(try await fixture.content(of: "a") == "01XY\0\0")
    }

    @Test("opening for writing without writing changes nothing") func openOnly() async throws {
        fixture.setObject("a", "data")
        let handle = try await fixture.open("a", write: true).handle

        try await fixture.close(handle)
        await fileSystem.drain()

        #expect(fixture.memory.count(of: .put) == 0)
        #expect(fixture.object("a") == "data")
    }

    @Test("two handles on one file see one content (A3)") func twoHandles() async throws {
        let first = try await fixture.create("a")
        let second = try await fixture.open("a", write: true).handle
        try await fixture.write("one", to: first)
        try await fixture.write("two", at: 3, to: second)

        #expect(try await fixture.read(first) == "onetwo")
        try await fixture.close(first)
        try await fixture.close(second)

        #expect(fixture.object("a") == "onetwo")
    }

    @Test("an object replaced under a reader is ESTALE for it, not a mixture (S20)")
    func replaced() async throws {
        fixture.setObject("a", "first version")
        let handle = try await fixture.open("a").handle
        fixture.setObject("a", "other version")

        #expect(await errorCode { _ = try await fixture.read(handle) } == .stale)
    }

    @Test("after ESTALE the next open sees the new version, within the attribute time")
    func reopened() async throws {
        fixture.setObject("a", "first version")
        let handle = try await fixture.open("a").handle
        fixture.setObject("a", "other version")
        #expect(await errorCode { _ = try await fixture.read(handle) } == .stale)

        #expect(try await fixture.content(of: "a") == "other version")
    }

    @Test("an object deleted under a reader is ESTALE for it, not zeros (S21)")
    func deleted() async throws {
        fixture.setObject("a", "data")
        let handle = try await fixture.open("a").handle
        fixture.memory.remove(ObjectKey("a"))

        #expect(await errorCode { _ = try await fixture.read(handle) } == .stale)
    }
}
