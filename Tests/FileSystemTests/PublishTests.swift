import FileSystem
import LocalDiskTestSupport
import ObjectStorage
import ObjectStoreTestSupport
import Testing

@Suite struct PublishTests {
    private let fixture: MountedFixture

    init() throws {
        fixture = try MountedFixture()
    }

    @Test("close returns after the object is in the store") func close() async throws {
        try await fixture.save("hello", to: "a.txt")

        #expect(fixture.object("a.txt") == "hello")
        #expect(try await fixture.content(of: "a.txt") == "hello")
    }

    @Test("nothing is in the store before the close") func before() async throws {
        let handle = try await fixture.create("a.txt")
        try await fixture.write("hello", to: handle)

        #expect(fixture.object("a.txt") == nil)
        #expect(try await fixture.lookup("a.txt").attributes.size == 5)
        try await fixture.close(handle)
    }

    @Test(
        "a store that fails makes close fail, and the old object is what is seen",
        arguments: [
            ObjectStoreError.Code.serverFailure, .encryptionNotConfirmed, .timedOut,
            .checksumMismatch,
        ])
    func failure(code: ObjectStoreError.Code) async throws {
        try await fixture.save("old", to: "a.txt")
        fixture.store.script(.put, .fail(code))
        let handle = try await fixture.open("a.txt", write: true, truncate: true).handle
        try await fixture.write("new", to: handle)

        let error = await errorCode { try await fixture.close(handle) }

        #expect(error == .inputOutput)
        #expect(fixture.object("a.txt") == "old")
        #expect(try await fixture.content(of: "a.txt") == "old")
        #expect(fixture.fileSystem.pending.held == 1)
    }

    @Test("a new file whose close failed is not there") func failedNew() async throws {
        fixture.store.script(.put, .fail(.serverFailure))
        let handle = try await fixture.create("a.txt")
        try await fixture.write("new", to: handle)

        #expect(await errorCode { try await fixture.close(handle) } == .inputOutput)
        #expect(await errorCode { _ = try await fixture.lookup("a.txt") } == .noEntry)
    }

    @Test("an object changed by someone else since it was opened gives ESTALE at close (S8)")
    func lostUpdate() async throws {
        fixture.setObject("a.txt", "theirs, first")
        let handle = try await fixture.open("a.txt", write: true).handle
        try await fixture.write("ours", to: handle)
        fixture.setObject("a.txt", "theirs, second")

        let error = await errorCode { try await fixture.close(handle) }

        #expect(error == .stale)
        #expect(fixture.object("a.txt") == "theirs, second")
        #expect(fixture.fileSystem.pending.held == 1)
    }

    @Test("a writer that was told an error cannot go on and publish a half of its file")
    func afterFailure() async throws {
        fixture.setObject("a.txt", "old and long")
        let handle = try await fixture.open("a.txt", write: true, truncate: true).handle
        try await fixture.write("new ", to: handle)
        fixture.store.script(.put, call: 1, .fail(.serverFailure))
        #expect(
            await errorCode { try await fixture.fileSystem.synchronize(handle) } == .inputOutput)

        let write = await errorCode { try await fixture.write("half", at: 4, to: handle) }
        try await fixture.close(handle)

        #expect(write == .inputOutput)
        #expect(fixture.object("a.txt") == "old and long")
        try await fixture.save("whole", to: "b.txt")
        #expect(fixture.object("b.txt") == "whole")
    }

    @Test("a name that someone else took since it was created gives ESTALE at close (K12)")
    func lostCreate() async throws {
        let handle = try await fixture.create("a.txt")
        try await fixture.write("ours", to: handle)
        fixture.setObject("a.txt", "theirs")

        #expect(await errorCode { try await fixture.close(handle) } == .stale)
        #expect(fixture.object("a.txt") == "theirs")
    }

    @Test("a killed writer does not replace the good object (A9)") func killed() async throws {
        fixture.setObject("a.txt", "good")
        let handle = try await fixture.open("a.txt", write: true, truncate: true).handle
        try await fixture.write("half", to: handle)
        fixture.processes.kill(MountedFixture.writer.pid)

        try await fixture.close(handle)
        await fixture.fileSystem.drain()

        #expect(fixture.object("a.txt") == "good")
        #expect(try await fixture.content(of: "a.txt") == "good")
        #expect(fixture.fileSystem.pending.held == 1)
    }

    @Test("with killed-writer=publish a killed writer's file is published")
    func killedPublish() async throws {
        let fixture = try MountedFixture { $0.killedWriter = .publish }
        let handle = try await fixture.create("a.txt")
        try await fixture.write("half", to: handle)
        fixture.processes.kill(MountedFixture.writer.pid)

        try await fixture.close(handle)
        await fixture.fileSystem.drain()

        #expect(fixture.object("a.txt") == "half")
    }

    @Test("a descriptor that a child inherited publishes at the last close (A8)")
    func inherited() async throws {
        let child = Caller(uid: 1000, gid: 1000, pid: 11, umask: 0o022)
        let handle = try await fixture.create("a.txt")
        try await fixture.write("one ", to: handle)

        try await fixture.fileSystem.flush(handle, child)
        #expect(fixture.object("a.txt") == nil)

        try await fixture.write("two", at: 4, to: handle)
        fixture.fileSystem.release(handle)
        #expect(try await fixture.content(of: "a.txt") == "one two")
        #expect(fixture.object("a.txt") == "one two")
    }

    @Test("an error of a publication behind the last close is told at the next fsync")
    func sticky() async throws {
        fixture.setObject("a.txt", "old")
        let reader = try await fixture.open("a.txt", write: true).handle
        let child = Caller(uid: 1000, gid: 1000, pid: 11, umask: 0o022)
        let handle = try await fixture.open("a.txt", write: true).handle
        try await fixture.write("new", to: handle)
        try await fixture.fileSystem.flush(handle, child)
        fixture.store.script(.put, .fail(.serverFailure))
        try await fixture.close(reader, as: child)
        fixture.fileSystem.release(handle)
        await fixture.fileSystem.drain()

        let again = try await fixture.open("a.txt", write: true).handle
        let error = await errorCode { try await fixture.fileSystem.synchronize(again) }

        #expect(error == .inputOutput)
        #expect(fixture.object("a.txt") == "old")
        fixture.fileSystem.release(again)
    }

    @Test("fsync publishes, and after it close and fsync are free (A11)") func fsync() async throws
    {
        let handle = try await fixture.create("a.txt")
        try await fixture.write("hello", to: handle)

        try await fixture.fileSystem.synchronize(handle)
        #expect(fixture.object("a.txt") == "hello")

        fixture.memory.resetCounts()
        try await fixture.fileSystem.synchronize(handle)
        try await fixture.close(handle)
        #expect(fixture.memory.totalCount == 0)
    }

    @Test("an empty new file is in the store when close returns") func empty() async throws {
        let handle = try await fixture.create("a.txt")
        try await fixture.close(handle)

        #expect(fixture.object("a.txt") == "")
    }

    @Test("a redirection of the shell is published once, with what the command wrote (A8)")
    func redirection() async throws {
        let handle = try await fixture.create("a.txt")
        fixture.processes.keepOpen(MountedFixture.writer.pid)

        try await fixture.fileSystem.flush(handle, MountedFixture.writer)
        #expect(fixture.object("a.txt") == nil)

        try await fixture.write("output", to: handle)
        try await fixture.close(handle)
        #expect(fixture.object("a.txt") == "output")
        #expect(fixture.memory.count(of: .put) == 1)
    }

    @Test("a write that failed for want of room is never published (D1)") func full() async throws {
        let fixture = try MountedFixture(quotaBytes: 200 << 10)
        let handle = try await fixture.create("a.txt")
        let block = String(repeating: "x", count: 128 << 10)
        try await fixture.write(block, to: handle)

        let write = await errorCode { try await fixture.write(block, at: 128 << 10, to: handle) }
        let close = await errorCode { try await fixture.close(handle) }

        #expect(write == .noSpace)
        #expect(close == .inputOutput)
        #expect(fixture.memory.keys.isEmpty)
    }

    @Test("a refused name leaves no byte anywhere (A21)") func refused() async throws {
        fixture.memory.resetCounts()

        let create = await errorCode { _ = try await fixture.create("123-45-6789.txt") }
        let directory = await errorCode {
            _ = try await fixture.fileSystem.makeDirectory(
                .root, "ssn 123-45-6789", permissions: 0o777, MountedFixture.writer)
        }
        let link = await errorCode {
            _ = try await fixture.fileSystem.makeSymbolicLink(
                .root, "link", target: "docs/123-45-6789.txt", MountedFixture.writer)
        }

        #expect(create == .notPermitted)
        #expect(directory == .notPermitted)
        #expect(link == .notPermitted)
        #expect(fixture.memory.totalCount == 0)
        #expect(try fixture.directory.names() == ["lock"])
    }

    @Test("a read-only mount refuses every change") func readOnly() async throws {
        let fixture = try MountedFixture { $0.isReadOnly = true }
        fixture.setObject("a.txt", "old")

        #expect(await errorCode { _ = try await fixture.create("b.txt") } == .readOnly)
        #expect(await errorCode { _ = try await fixture.open("a.txt", write: true) } == .readOnly)
        #expect(
            await errorCode { try await fixture.fileSystem.unlink(.root, "a.txt") } == .readOnly)
        #expect(try await fixture.content(of: "a.txt") == "old")
    }
}
