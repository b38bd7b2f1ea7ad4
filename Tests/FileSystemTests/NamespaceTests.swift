import FileSystem
import LocalDiskTestSupport
import ObjectStorage
import ObjectStoreTestSupport
import Testing

@Suite struct NamespaceTests {
    private let fixture: MountedFixture

    init() throws {
        fixture = try MountedFixture()
    }

    private var fileSystem: FileSystem { fixture.fileSystem }

    // MARK: Lookup and listing

    @Test("a thousand misses cost one LIST") func misses() async throws {
        fixture.setObject("present", "x")
        fixture.memory.resetCounts()

        for index in 0..<1000 {
            #expect(await errorCode { _ = try await fixture.lookup("absent-\(index)") } == .noEntry)
        }

        #expect(fixture.memory.count(of: .list) == 1)
        #expect(fixture.memory.count(of: .head) <= 8)
    }

    @Test(
        "only a 404 means absent: a failing store is EIO (S6)",
        arguments: [
            ObjectStoreError.Code.serverFailure, .networkFailure, .timedOut, .throttled,
        ])
    func failingStore(code: ObjectStoreError.Code) async throws {
        fixture.setObject("a", "x")
        fixture.store.script(.list, .fail(code))
        fixture.store.script(.head, .fail(code))

        #expect(await errorCode { _ = try await fixture.lookup("a") } == .inputOutput)
        #expect(await errorCode { _ = try await fixture.names() } == .inputOutput)
    }

    @Test("ls -l of foreign objects costs a LIST for each thousand and one sample")
    func listing() async throws {
        for index in 0..<2500 { fixture.setObject("f\(index)", "") }
        fixture.memory.resetCounts()

        let names = try await fixture.names(withAttributes: true)

        #expect(names.count == 2500)
        #expect(fixture.memory.count(of: .list) == 3)
        #expect(fixture.memory.count(of: .head) == 8)
    }

    @Test("keys that no path can name are hidden (A15)") func oddKeys() async throws {
        for key in ["a//b", "/lead", "../up", "./dot", "ok", String(repeating: "n", count: 300)] {
            fixture.setObject(key, "x")
        }

        #expect(try await fixture.names() == ["a", "ok"])
        #expect(try await fixture.names(in: "a") == [])
    }

    @Test("a directory shadows a file of the same name (A16)") func shadow() async throws {
        fixture.setObject("blue", "file")
        fixture.setObject("blue/x", "inside")

        #expect(try await fixture.names() == ["blue"])
        #expect(try await fixture.lookup("blue").attributes.kind == .directory)
        #expect(try await fixture.content(of: "blue/x") == "inside")
    }

    @Test("a directory too large for one page is asked name by name") func large() async throws {
        for index in 0..<1500 { fixture.setObject("f\(index)", "x") }

        #expect(try await fixture.lookup("f1499").attributes.size == 1)
        #expect(await errorCode { _ = try await fixture.lookup("g") } == .noEntry)
        fixture.setObject("deep/er/file", "x")
        #expect(try await fixture.lookup("deep/er/file").attributes.size == 1)
    }

    @Test("a file that is being written is listed") func unpublished() async throws {
        let handle = try await fixture.create("new")

        #expect(try await fixture.names() == ["new"])
        try await fixture.close(handle)
    }

    @Test("what another writer changed is seen after the attribute time") func refresh()
        async throws
    {
        fixture.setObject("a", "one")
        #expect(try await fixture.content(of: "a") == "one")
        fixture.setObject("a", "three")

        fixture.time.advance(by: .seconds(6))

        #expect(try await fixture.content(of: "a") == "three")
        #expect(try await fixture.open("a").keepsKernelCache)
    }

    @Test("the kernel's cache is kept while the object is unchanged, dropped when it changed")
    func kernelCache() async throws {
        fixture.setObject("a", "one")
        #expect(try await fixture.open("a").keepsKernelCache == false)
        fixture.time.advance(by: .seconds(6))
        #expect(try await fixture.open("a").keepsKernelCache)

        fixture.setObject("a", "two")
        fixture.time.advance(by: .seconds(6))

        #expect(try await fixture.open("a").keepsKernelCache == false)
    }

    // MARK: Directories

    @Test("a directory is a marker object, and empty until something is in it")
    func directories() async throws {
        let made = try await fileSystem.makeDirectory(
            .root, "d", permissions: 0o777, MountedFixture.writer)
        #expect(made.attributes.permissions == 0o755)
        #expect(fixture.object("d/") == "")

        try await fixture.save("x", to: "d/f")
        #expect(await errorCode { try await fileSystem.removeDirectory(.root, "d") } == .notEmpty)

        try await fileSystem.unlink(made.inode, "f")
        try await fileSystem.removeDirectory(.root, "d")
        #expect(fixture.memory.keys.isEmpty)
        #expect(await errorCode { _ = try await fixture.lookup("d") } == .noEntry)
    }

    @Test("making what exists is EEXIST, even when someone else made it just now")
    func directoryExists() async throws {
        #expect(try await fixture.names() == [])
        fixture.setObject("d/", "")

        let error = await errorCode {
            _ = try await fileSystem.makeDirectory(
                .root, "d", permissions: 0o777, MountedFixture.writer)
        }

        #expect(error == .exists)
    }

    @Test("a directory without a marker stays when its last file goes") func implicit() async throws
    {
        fixture.setObject("d/f", "x")
        let directory = try await fixture.lookup("d")

        try await fileSystem.unlink(directory.inode, "f")
        fixture.time.advance(by: .seconds(6))

        #expect(try await fixture.lookup("d").attributes.kind == .directory)
        #expect(try await fixture.names(in: "d") == [])
        try await fileSystem.removeDirectory(.root, "d")
    }

    // MARK: Unlink

    @Test("a deleted file can be read by who has it open (A1)") func unlinkOpen() async throws {
        fixture.setObject("a", "still here")
        let handle = try await fixture.open("a").handle

        try await fileSystem.unlink(.root, "a")

        #expect(fixture.object("a") == nil)
        #expect(try await fixture.read(handle) == "still here")
        #expect(await errorCode { _ = try await fixture.lookup("a") } == .noEntry)
        try await fixture.close(handle)
    }

    @Test("a file deleted before its close never appears (A1)") func unlinkUnpublished()
        async throws
    {
        let handle = try await fixture.create("a")
        try await fixture.write("secret", to: handle)
        fixture.memory.resetCounts()

        try await fileSystem.unlink(.root, "a")
        try await fixture.close(handle)
        await fileSystem.drain()

        #expect(fixture.memory.totalCount == 0)
        #expect(fixture.object("a") == nil)
        #expect(try fixture.directory.names() == ["lock"])
    }

    // MARK: Rename

    @Test("renaming a file that is not uploaded costs no request") func renameLocal() async throws {
        let handle = try await fixture.create("a.tmp")
        try await fixture.write("data", to: handle)
        fixture.memory.resetCounts()

        try await fileSystem.rename(.root, "a.tmp", to: .root, "a", .replace)
        #expect(fixture.memory.totalCount == 0)

        try await fixture.close(handle)
        #expect(fixture.memory.keys == [ObjectKey("a")])
    }

    @Test("an unpublished file renamed over an object replaces just that version (A2)")
    func renameOver() async throws {
        fixture.setObject("a", "old")
        let reader = try await fixture.open("a").handle
        let handle = try await fixture.create("a.tmp")
        try await fixture.write("new", to: handle)

        try await fileSystem.rename(.root, "a.tmp", to: .root, "a", .replace)
        try await fixture.close(handle)

        #expect(fixture.object("a") == "new")
        #expect(try await fixture.read(reader) == "old")
        try await fixture.close(reader)
        #expect(try await fixture.content(of: "a") == "new")
    }

    @Test("renaming an object keeps what other tools attached to it") func renameObject()
        async throws
    {
        fixture.setObject("a", "data", metadata: ["project": "x", "mode": "33152"])

        try await fileSystem.rename(.root, "a", to: .root, "b", .replace)

        #expect(fixture.memory.keys == [ObjectKey("b")])
        let metadata = try await fixture.memory.head(ObjectKey("b")).userMetadata
        #expect(metadata?["project"] == "x")
    }

    @Test("an open reader follows a rename") func renameOpen() async throws {
        fixture.setObject("a", "data")
        let handle = try await fixture.open("a").handle

        try await fileSystem.rename(.root, "a", to: .root, "b", .replace)

        #expect(try await fixture.read(handle) == "data")
        try await fixture.close(handle)
    }

    @Test("a file renamed while it is changed is published whole under the new name")
    func renameDirty() async throws {
        fixture.setObject("a", "0123456789")
        let handle = try await fixture.open("a", write: true).handle
        try await fixture.write("AB", at: 4, to: handle)

        try await fileSystem.rename(.root, "a", to: .root, "b", .replace)
        try await fixture.close(handle)

        #expect(fixture.memory.keys == [ObjectKey("b")])
        #expect(fixture.object("b") == "0123AB6789")
    }

    @Test("a copy that fails leaves the source (S12)") func renameFails() async throws {
        fixture.setObject("a", "data")
        fixture.store.script(.copy, .fail(.serverFailure))

        let error = await errorCode {
            try await fileSystem.rename(.root, "a", to: .root, "b", .replace)
        }

        #expect(error == .inputOutput)
        #expect(fixture.object("a") == "data")
        #expect(try await fixture.content(of: "a") == "data")
    }

    @Test("NOREPLACE refuses to replace") func noReplace() async throws {
        fixture.setObject("a", "1")
        fixture.setObject("b", "2")

        let error = await errorCode {
            try await fileSystem.rename(.root, "a", to: .root, "b", .noReplace)
        }

        #expect(error == .exists)
        #expect(fixture.object("b") == "2")
    }

    @Test("a directory moves with all below it, and what is being written follows")
    func renameDirectory() async throws {
        fixture.setObject("d/", "")
        fixture.setObject("d/x", "1")
        fixture.setObject("d/sub/y", "2")
        let handle = try await fixture.create("d/new")
        try await fixture.write("3", to: handle)
        let changed = try await fixture.open("d/x", write: true).handle
        try await fixture.write("9", to: changed)

        try await fileSystem.rename(.root, "d", to: .root, "e", .replace)
        try await fixture.close(handle)
        try await fixture.close(changed)

        #expect(fixture.memory.keys.map(\.rawValue) == ["e/", "e/new", "e/sub/y", "e/x"])
        #expect(fixture.object("e/x") == "9")
        #expect(try await fixture.content(of: "e/sub/y") == "2")
        #expect(try await fixture.names() == ["e"])
    }

    @Test("a directory cannot move into itself") func renameIntoItself() async throws {
        fixture.setObject("d/sub/x", "1")
        let (parent, _) = try await fixture.split("d/sub/x")

        let error = await errorCode {
            try await fileSystem.rename(.root, "d", to: parent, "d", .replace)
        }

        #expect(error == .invalidArgument)
    }

    @Test("a refused new name leaves the old, and a refused old name may go") func guarded()
        async throws
    {
        fixture.setObject("123-45-6789.txt", "x")
        fixture.setObject("fine.txt", "y")

        #expect(
            await errorCode {
                try await fileSystem.rename(
                    .root, "fine.txt", to: .root, "987-65-4329.txt", .replace)
            } == .notPermitted || fixture.object("fine.txt") == "y")
        try await fileSystem.rename(.root, "123-45-6789.txt", to: .root, "clean.txt", .replace)

        #expect(fixture.memory.keys.map(\.rawValue) == ["clean.txt", "fine.txt"])
    }
}
