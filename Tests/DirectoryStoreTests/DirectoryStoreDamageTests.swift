import DirectoryStore
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import Testing

@Suite("DirectoryStore and damage", .timeLimit(.minutes(2)))
struct DirectoryStoreDamageTests {
    @Test("a changed byte anywhere gives an error, never other bytes", arguments: [5, 200_000])
    func flippedByte(size: Int) async throws {
        let fixture = try DirectoryStoreFixture()
        try await fixture.open().put("k", bytes(size))
        for (path, content) in try fixture.contents() where path.contains("/") {
            for offset in stride(from: 0, to: content.count, by: max(1, content.count / 40)) {
                try fixture.flip(path, at: offset)

                let outcome = try await fixture.open().outcome("k")

                #expect(
                    outcome == .failure(StoreFailure(code: .checksumMismatch)),
                    "byte \(offset) of \(path.prefix(5))")
                try fixture.flip(path, at: offset)
            }
        }
        #expect(try await fixture.open().bytes("k") == bytes(size))
    }

    @Test("a damaged object is not absent, and what replaces it leaves it for a person")
    func damagedIsNotAbsent() async throws {
        let fixture = try DirectoryStoreFixture()
        try await fixture.open().put("k", bytes(200_000))
        let file = try #require(try fixture.contents().first { $0.path.hasPrefix("objects/") })
        try fixture.flip(file.path, at: 40)

        let store = try await fixture.open()
        #expect(store.damagedCount == 1)
        #expect(
            try await store.outcome("k") == .failure(StoreFailure(code: .checksumMismatch)))
        // Its data may be needed by the record that cannot be read.
        #expect(try fixture.count(below: "data/") == 1)
        try await store.put("k", [1])

        #expect(try await store.bytes("k") == [1])
        #expect(try fixture.count(below: "set-aside/") == 1)
    }

    @Test("an object's file under another object's name is refused")
    func swappedFiles() async throws {
        let fixture = try DirectoryStoreFixture()
        let store = try await fixture.open()
        try await store.put("a", [1])
        let first = try #require(try fixture.contents().first { $0.path.hasPrefix("objects/") })
        try await store.put("b", [2])
        let second = try #require(
            try fixture.contents().first {
                $0.path.hasPrefix("objects/") && $0.path != first.path
            })
        try overwrite(second.path, with: first.bytes, in: fixture)

        #expect(
            try await store.outcome("b") == .failure(StoreFailure(code: .checksumMismatch)))
    }

    private func overwrite(
        _ path: String, with bytes: [UInt8], in fixture: DirectoryStoreFixture
    ) throws {
        let disk = POSIXDisk()
        var directory = try fixture.directory.open()
        let components = path.split(separator: "/").map(String.init)
        for component in components.dropLast() {
            directory = try disk.openDirectory(component, in: directory)
        }
        let file = try disk.openFile(components[components.count - 1], in: directory, .readWrite)
        try disk.truncate(file, to: 0)
        try disk.write(bytes.span, to: file, at: 0)
    }
}
