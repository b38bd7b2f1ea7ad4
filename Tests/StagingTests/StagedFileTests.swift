import Glibc
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import ObjectStoreTestSupport
import Staging
import Synchronization
import Testing

@Suite("StagedFile")
struct StagedFileTests {
    private func bytes(_ count: Int, seed: UInt64 = 3) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.content(count)
    }

    @Test("a new file is empty and dirty; one over an object has its size and is clean")
    func beginnings() throws {
        let fixture = try Fixture()
        let base = BaseObject(key: ObjectKey("k"), eTag: ETag("e"), size: 65_536)

        let new = try fixture.area.makeFile()
        let changed = try fixture.area.makeFile(base: base)

        #expect(new.size == 0 && new.isDirty)
        #expect(changed.size == 65_536 && !changed.isDirty)
        #expect(changed.extents() == [Extent(.base, ByteRange(0..<65_536))])
        try changed.write([1], at: 65_536)
        #expect(changed.isDirty)
    }

    @Test("a MiB is written by one disk call, and a stream of 8 KiB pieces by one a block")
    func diskCalls() throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        let before = fixture.disk.count(of: .write)

        try file.write(bytes(1 << 20), at: 0)
        #expect(fixture.disk.count(of: .write) == before + 1)

        for piece in 0..<32 { try file.write(bytes(8192), at: (1 << 20) + piece * 8192) }
        #expect(fixture.disk.count(of: .write) == before + 5)
    }

    @Test("rewriting a file does not make its data file grow without bound")
    func rewriting() throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        for round in 0..<50 {
            try file.write(bytes(1 << 20, seed: UInt64(round)), at: 0)
            if round % 7 == 0 { try file.synchronize() }
        }

        // The live records, those of the last durable map, and those being written.
        #expect(fixture.area.usedBytes < 4 << 20)
        #expect(try file.content() == bytes(1 << 20, seed: 49))
    }

    @Test("cutting gives the room back, on the disk and in the quota")
    func givingBack() throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        try file.write(bytes(4 << 20), at: 0)

        try file.truncate(to: 10)

        let name = try #require(try fixture.dataFiles().first)
        let status = try POSIXDisk().status(of: name, in: fixture.temporary.open())
        #expect(status.allocatedSize < 1 << 20)
        #expect(fixture.area.usedBytes < 1 << 20)
        #expect(try file.content() == Array(bytes(4 << 20).prefix(10)))
    }

    @Test("discarding removes the data file and frees the quota; the file is of no use then")
    func discarding() throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        try file.write(bytes(200_000), at: 0)

        try file.discard()

        #expect(try fixture.dataFiles() == [])
        #expect(fixture.area.usedBytes == 0)
        #expect(code { try file.write([1], at: 0) } == .discarded)
        #expect(code { try file.read(1) } == .discarded)
    }

    @Test("a full quota fails the write, poisons the file, and leaves other files alone")
    func quota() throws {
        let fixture = try Fixture(quotaBytes: 1 << 20)
        let file = try fixture.area.makeFile()
        let other = try fixture.area.makeFile()
        try other.write([1], at: 0)
        try file.write(bytes(8 * block), at: 0)

        #expect(code { try file.write(bytes(8 * block), at: 8 * block) } == .quotaExceeded)

        #expect(code { try file.write([1], at: 0) } == .poisoned)
        #expect(file.poisoning?.code == .quotaExceeded)
        #expect(try file.read(8 * block) == bytes(8 * block))
        try other.write([2], at: 1)
        #expect(try other.content() == [1, 2])
    }

    @Test("an offset behind the largest file is refused, and poisons nothing")
    func largest() throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        let one: [UInt8] = [1]

        #expect(code { try file.write(one.span, at: .max) } == .tooLarge)
        #expect(code { try file.truncate(to: .max) } == .tooLarge)
        try file.write([1], at: 1 << 40)
        #expect(file.size == 1 << 40 + 1)
        #expect(file.extents().first == Extent(.hole, ByteRange(0..<1 << 40)))
    }

    @Test("a change of a part of a base block needs the base's bytes, and poisons nothing without")
    func missingBase() throws {
        let fixture = try Fixture()
        let base = bytes(3 * block + 10)
        let file = try fixture.area.makeFile(
            base: BaseObject(key: ObjectKey("k"), eTag: ETag("e"), size: UInt64(base.count)))

        #expect(code { try file.write([1], at: 5) } == .baseContentMissing)
        #expect(code { try file.read(1) } == .baseContentMissing)
        #expect(file.poisoning == nil)
        let write = ByteRange(5..<2 * block + 5)
        #expect(
            file.missingRanges(forWrite: write) == [
                ByteRange(0..<block), ByteRange(2 * block..<3 * block),
            ])
        #expect(file.missingRanges(forWrite: ByteRange(3 * block..<3 * block + 10)) == [])
        #expect(file.missingRanges(forRead: write) == [ByteRange(0..<3 * block)])
    }

    @Test("the base's bytes never replace newer ones, whoever comes first")
    func lateFilling() throws {
        let fixture = try Fixture()
        let base = bytes(2 * block)
        let file = try fixture.area.makeFile(
            base: BaseObject(key: ObjectKey("k"), eTag: ETag("e"), size: UInt64(base.count)))
        let new = [UInt8](repeating: 9, count: block)
        try file.write(new, at: 0)
        try file.truncate(to: UInt64(block + 5))

        try file.fill(base, at: 0)

        #expect(try file.content() == new + base[block..<block + 5])
        try file.truncate(to: UInt64(block + 7))
        #expect(try file.content() == new + base[block..<block + 5] + [0, 0])
    }

    @Test("four threads writing disjoint ranges at once lose nothing")
    func threads() async throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        // Not in whole blocks: neighbours share one.
        let size = 7 * block + 1234
        let pieces = [1000, 70_000, 65_536, 8192]

        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    let content = bytes(size, seed: UInt64(thread))
                    var done = 0
                    while done < size {
                        let end = min(size, done + pieces[thread])
                        try file.write(Array(content[done..<end]), at: thread * size + done)
                        _ = try file.read(1000, at: thread * size + done)
                        done = end
                    }
                    try file.synchronize()
                }
            }
            try await group.waitForAll()
        }

        for thread in 0..<4 {
            #expect(try file.read(size, at: thread * size) == bytes(size, seed: UInt64(thread)))
        }
    }

    @Test("readers see old or new blocks, whole, while they are rewritten")
    func readersAndWriters() async throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        try file.write([UInt8](repeating: 0, count: 4 * block), at: 0)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 1...150 {
                    try file.write([UInt8](repeating: UInt8(round), count: 4 * block), at: 0)
                }
            }
            group.addTask {
                for _ in 0..<150 {
                    let content = try file.content()
                    for start in stride(from: 0, to: 4 * block, by: block) {
                        let piece = content[start..<start + block]
                        #expect(piece.allSatisfy { $0 == piece.first })
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(file.poisoning == nil)
    }

    @Test("a source gives one version or fails, also when a block is rewritten while it is read")
    func snapshots() throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        let content = bytes(4 * block)
        try file.write(content, at: 0)
        let source = file.source(ByteRange(0..<4 * block))
        #expect(try source.content(inPiecesOf: 1000) == content)

        try file.write([1], at: 3 * block + 7)

        #expect(throws: ObjectStoreError.self) { try source.content() }
        let first = try [UInt8](capacity: block) { (output: inout OutputSpan<UInt8>) in
            try source.read(at: 0, into: &output)
        }
        #expect(first == Array(content.prefix(block)))
    }

    @Test("a source taken while a write is on its way does not take that write for its own")
    func snapshotDuringWrite() throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        try file.write(bytes(2 * block), at: 0)
        let taken = Box<any ByteSource>()
        fixture.disk.beforeNext(.write) { taken.set(file.source(ByteRange(0..<2 * block))) }

        try file.write(bytes(block, seed: 4), at: block)

        let source = try #require(taken.value)
        #expect(throws: ObjectStoreError.self) { try source.content() }
    }

    @Test("a reader whose slot is taken by a writer looks again, and sees no damage")
    func slotTakenWhileReading() throws {
        let fixture = try Fixture()
        let file = try fixture.area.makeFile()
        try file.write(bytes(block), at: 0)
        let failed = Box<any Error>()
        fixture.disk.beforeNext(.read) {
            do {
                // The first goes to a new slot and frees the old one, which the second takes.
                for seed in [UInt64(4), 5] { try file.write(bytes(block, seed: seed), at: 0) }
            } catch {
                failed.set(error)
            }
        }

        #expect(try file.content() == bytes(block, seed: 5))
        #expect(file.poisoning == nil && failed.value == nil)
    }

    private final class Box<Value: Sendable>: Sendable {
        private let state = Mutex<Value?>(nil)

        var value: Value? { state.withLock { $0 } }

        func set(_ value: Value) { state.withLock { $0 = value } }
    }
}
