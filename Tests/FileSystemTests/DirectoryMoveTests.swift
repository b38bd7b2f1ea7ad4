import FileSystem
import ObjectStorage
import ObjectStoreTestSupport
import Testing

@Suite struct DirectoryMoveTests {
    private let fixture: MountedFixture

    init() throws {
        fixture = try MountedFixture()
    }

    @Test("a file that is closed while its directory moves lands in the moved directory")
    func closeDuringMove() async throws {
        fixture.setObject("d/", "")
        fixture.setObject("d/x", "1")
        let handle = try await fixture.create("d/new")
        try await fixture.write("2", to: handle)
        let gate = Gate()
        fixture.store.script(.copy, call: 1, .hold(gate))

        async let move: Void = fixture.fileSystem.rename(.root, "d", to: .root, "e", .replace)
        await gate.waitForArrivals(1)
        async let close: Void = fixture.close(handle)
        // The move is under way: a put now would go to the old name.
        for _ in 0..<100 { await Task.yield() }
        #expect(fixture.object("d/new") == nil)
        gate.open()
        _ = try await (move, close)

        #expect(fixture.memory.keys.map(\.rawValue) == ["e/", "e/new", "e/x"])
        #expect(try await fixture.content(of: "e/new") == "2")
    }

    @Test("a directory that is made while its parent moves is made in the moved one")
    func makeDuringMove() async throws {
        fixture.setObject("d/sub/x", "1")
        let parent = try await fixture.lookup("d/sub").inode
        let gate = Gate()
        fixture.store.script(.copy, call: 1, .hold(gate))

        async let move: Void = fixture.fileSystem.rename(.root, "d", to: .root, "e", .replace)
        await gate.waitForArrivals(1)
        async let made = fixture.fileSystem.makeDirectory(
            parent, "new", permissions: 0o777, MountedFixture.writer)
        for _ in 0..<100 { await Task.yield() }
        gate.open()
        _ = try await (move, made)

        #expect(fixture.memory.keys.map(\.rawValue) == ["e/sub/new/", "e/sub/x"])
    }

    @Test("a move that fails half-way leaves every original") func failedMove() async throws {
        for name in ["a", "b", "c"] { fixture.setObject("d/\(name)", name) }
        fixture.store.script(.copy, call: 2, .fail(.serverFailure))

        let error = await errorCode {
            try await fixture.fileSystem.rename(.root, "d", to: .root, "e", .replace)
        }

        #expect(error == .inputOutput)
        for name in ["a", "b", "c"] { #expect(fixture.object("d/\(name)") == name) }
        #expect(try await fixture.content(of: "d/a") == "a")
    }
}
