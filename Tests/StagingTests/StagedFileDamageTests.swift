import Encryption
import Glibc
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import ObjectStoreTestSupport
import Staging
import Testing

@Suite("StagedFile on a damaged or failing disk")
struct StagedFileDamageTests {
    private let slot = RecordFormat.slotLength
    private let header = RecordFormat.recordHeaderLength

    private func bytes(_ count: Int, seed: UInt64 = 3) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.content(count)
    }

    private func place(_ slotNumber: Int) -> Int {
        Int(RecordFormat.offset(of: UInt64(slotNumber)))
    }

    /// A file of so many blocks, with its data file's name.
    private func make(_ blocks: Int, in fixture: Fixture) throws -> (StagedFile, String) {
        let before = Set(try fixture.dataFiles())
        let file = try fixture.area.makeFile()
        try file.write(bytes(blocks * block), at: 0)
        let name = try #require(try fixture.dataFiles().first { !before.contains($0) })
        return (file, name)
    }

    @Test("each flipped bit of a record's fields, IV and tag, and of its ciphertext, is detected")
    func bitFlips() throws {
        let fixture = try Fixture()
        let (_, name) = try make(1, in: fixture)
        let original = try fixture.content(of: name)
        let inside = stride(from: header, to: slot, by: 4093).map { ($0, 3) }
        let fields = (0..<header).flatMap { byte in (0..<8).map { (byte, $0) } }

        for (byte, bit) in fields + inside {
            // A poisoned file reads on, so that one serves for all; the next write needs another.
            let (file, victim) = try make(1, in: fixture)
            let content = try fixture.content(of: victim)
            try fixture.overwrite(
                victim, at: place(0) + byte, with: [content[place(0) + byte] ^ 1 << bit])

            #expect(code { try file.content() } == .damaged)
            #expect(file.poisoning?.code == .damaged)
            try file.discard()
        }
        #expect(try fixture.content(of: name) == original)
    }

    @Test("records swapped within a file, taken from another, and older ones are detected")
    func swapping() throws {
        let fixture = try Fixture()
        let (file, name) = try make(3, in: fixture)
        let (_, otherName) = try make(3, in: fixture)
        let content = try fixture.content(of: name)
        let other = try fixture.content(of: otherName)

        let first = Array(content[place(0)..<place(1)])
        try fixture.overwrite(name, at: place(1), with: first)
        #expect(code { try file.read(block, at: block) } == .damaged)
        try fixture.overwrite(name, at: place(1), with: Array(other[place(1)..<place(2)]))
        #expect(code { try file.read(block, at: block) } == .damaged)
        try fixture.overwrite(name, at: place(1), with: Array(content[place(1)..<place(2)]))
        #expect(try file.read(block, at: block) == Array(bytes(3 * block)[block..<2 * block]))
    }

    @Test("an older record of the same block in the newer one's slot is detected")
    func rollback() throws {
        let fixture = try Fixture()
        let (file, name) = try make(1, in: fixture)
        let old = try fixture.content(of: name)
        try file.write(bytes(block, seed: 4), at: 0)
        try file.write(bytes(block, seed: 5), at: 0)
        let new = try fixture.content(of: name)

        for number in 0..<(new.count - place(0)) / slot {
            try fixture.overwrite(name, at: place(number), with: Array(old[place(0)..<place(1)]))
        }

        #expect(code { try file.content() } == .damaged)
    }

    @Test("a data file cut short or punched is detected, and poisons")
    func cut() throws {
        let fixture = try Fixture()
        let (file, name) = try make(2, in: fixture)
        let disk = POSIXDisk()
        let data = try disk.openFile(name, in: fixture.temporary.open(), .readWrite)
        try disk.truncate(data, to: UInt64(place(1) + 100))

        #expect(code { try file.read(block, at: block) } == .damaged)
        #expect(try file.read(block) == Array(bytes(2 * block).prefix(block)))
        #expect(code { try file.write([1], at: 0) } == .poisoned)
    }

    @Test("what was written is nowhere on the disk, in no name and no file")
    func plaintext() throws {
        let fixture = try Fixture()
        let marker = Array("MRN 4711 Jane Doe".utf8)
        let base = BaseObject(key: ObjectKey("Jane-Doe"), eTag: ETag("e"), size: 0)
        let file = try fixture.area.makeFile(base: base)
        try file.write(Array(repeatElement(marker, count: 20_000).joined()), at: 0)
        try file.write(marker, at: 1 << 20)
        try file.synchronize()

        for name in try fixture.temporary.names() {
            #expect(!name.contains("Jane"))
            let content = try fixture.content(of: name)
            #expect(!contains(content, Array("Jane".utf8)))
        }
    }

    private func contains(_ content: [UInt8], _ pattern: [UInt8]) -> Bool {
        content.indices.dropLast(pattern.count).contains { start in
            content[start] == pattern[0]
                && content[start..<start + pattern.count].elementsEqual(pattern)
        }
    }

    /// What a program does with a file, all of it through the disk.
    private func work(_ file: StagedFile) throws {
        try file.write(bytes(3 * block), at: 0)
        try file.write(bytes(100), at: 10)
        try file.write(bytes(block), at: 5 * block + 1)
        try file.synchronize()
        try file.write(bytes(block), at: block)
        _ = try file.content()
    }

    @Test(
        "a disk that fails at any call fails the caller, and the file is never published",
        arguments: [ENOSPC, EIO, EDQUOT, EROFS], [false, true])
    func failingDisk(number: Int32, tears: Bool) async throws {
        var call = 0
        var failures = 0
        while true {
            let fixture = try Fixture()
            let store = InMemoryObjectStore()
            let object = NewObject(key: ObjectKey("k"))
            let file = try fixture.area.makeFile()
            fixture.disk.inject(
                FaultyDisk.Fault(nil, after: call, errno: number, tears: tears))
            call += 1
            let upload = StagedUpload(file: file, store: store, queue: UploadQueue())
            do {
                try work(file)
            } catch {
                failures += 1
                #expect(file.poisoning != nil)
                #expect(
                    await failure { try await upload.publish(object) } == .localDataDamaged)
                #expect(store.keys == [])
                continue
            }
            // The fault lies behind the work: in the publishing, or nowhere.
            do {
                _ = try await upload.publish(object)
                fixture.disk.inject(nil)
                #expect(store.bytes(of: object.key) == (try file.content()))
                break
            } catch {
                #expect(store.keys == [])
            }
        }
        #expect(failures >= 6)
    }

    @Test("a file cannot be made on a failing disk, and leaves nothing", arguments: [0, 1])
    func failingCreation(call: Int) throws {
        let fixture = try Fixture()
        fixture.disk.inject(FaultyDisk.Fault(nil, after: call, errno: ENOSPC))

        #expect(code { try fixture.area.makeFile() } == .quotaExceeded)
        #expect(try fixture.dataFiles() == [])
        #expect(fixture.area.usedBytes == 0)
    }

    @Test("a second mount is kept out of the directory until the first is gone")
    func exclusiveArea() throws {
        let fixture = try Fixture()
        let directory = try fixture.temporary.open()

        #expect(
            code {
                try StagingArea(
                    directory: directory, disk: POSIXDisk(), masterKey: .ephemeral(), quotaBytes: 1)
            } == .inUse)
    }
}
