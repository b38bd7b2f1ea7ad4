import ObjectStorage
import ObjectStoreTestSupport
import Staging
import Testing

@Suite("StagedUpload over an existing object")
struct StagedUploadBaseTests {
    private typealias Bench = StagedUploadTests.Bench

    private func bytes(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.content(count)
    }

    @Test("appending to a large object copies it in the store and sends the end")
    func append() async throws {
        var content = bytes(40 * 65_536)
        let bench = try await Bench(base: content)
        try bench.file.write([1, 2, 3], at: content.count)
        content += [1, 2, 3]

        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
        #expect(bench.memory.count(of: .uploadPart) == 1)
        #expect(bench.memory.count(of: .get) == 0)
    }

    @Test("a change in the middle fetches no more than its part")
    func middle() async throws {
        var content = bytes(40 * 65_536)
        let bench = try await Bench(base: content)
        let place = 20 * 65_536 + 5
        for range in bench.file.missingRanges(forWrite: ByteRange(place..<place + 3)) {
            try bench.file.fill(Array(content[range]), at: Int(range.offset))
        }
        try bench.file.write([1, 2, 3], at: place)
        content.replaceSubrange(place..<place + 3, with: [1, 2, 3])

        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
        #expect(bench.memory.count(of: .uploadPartCopy) == 2)
        #expect(bench.memory.count(of: .uploadPart) == 1)
    }

    @Test("a small changed object is read and put whole")
    func smallChange() async throws {
        var content = bytes(3 * 65_536 + 7)
        let bench = try await Bench(base: content)
        try bench.file.write(bytes(65_536, seed: 8), at: 65_536)
        content.replaceSubrange(65_536..<2 * 65_536, with: bytes(65_536, seed: 8))

        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
        #expect(bench.memory.count(of: .put) == 1)
    }

    @Test(
        "an object replaced or deleted by someone else is not overwritten with a mixture",
        arguments: [false, true], [3, 40])
    func replaced(isDeleted: Bool, blocks: Int) async throws {
        let bench = try await Bench(base: bytes(blocks * 65_536))
        try bench.file.write([1], at: blocks * 65_536)
        if isDeleted {
            bench.memory.remove(bench.object.key)
        } else {
            bench.memory.replace(bench.object.key, with: [5])
        }

        #expect(
            await failure { try await bench.upload.publish(bench.object) } == .preconditionFailed)
        #expect(bench.memory.bytes(of: bench.object.key) == (isDeleted ? nil : [5]))
        #expect(try await bench.uploadsLeft() == 0)
    }

    @Test("a store that cannot copy ranges gets the base's bytes through here")
    func withoutCopies() async throws {
        var content = bytes(40 * 65_536)
        let bench = try await Bench(base: content)
        bench.store.script(.uploadPartCopy, .fail(.unsupported))
        try bench.file.write([1, 2, 3], at: content.count)
        content += [1, 2, 3]

        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
    }

    @Test("what was published is the base of what is written next")
    func again() async throws {
        let bench = try await Bench()
        var content = bytes(40 * 65_536)
        try bench.write(content)
        var stored = try await bench.upload.publish(bench.object)
        bench.memory.resetCounts()

        for round in UInt8(1)...3 {
            let addition = [UInt8](repeating: round, count: 1000)
            try bench.write(addition, at: content.count)
            content += addition
            #expect(bench.file.isDirty)
            var object = bench.object
            object.condition = .ifMatch(stored.eTag)
            stored = try await bench.upload.publish(object)
            #expect(bench.memory.bytes(of: object.key) == content)
            #expect(!bench.file.isDirty)
        }

        #expect(bench.memory.count(of: .uploadPart) == 3)
        #expect(try bench.file.content() == content)
    }

    @Test(
        "random changes and publishings leave what an array would hold", arguments: seeds,
        [0, 900_000])
    func random(seed: UInt64, baseSize: Int) async throws {
        var generator = SeededGenerator(seed: seed)
        var content = generator.content(baseSize)
        let bench = try await Bench(base: baseSize > 0 ? content : nil)
        var object = bench.object

        for _ in 0..<8 {
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                try await change(bench, &content, &generator)
            }
            let stored = try await bench.upload.publish(object)
            object.condition = .ifMatch(stored.eTag)
            #expect(bench.memory.bytes(of: object.key) == content)
            #expect(!bench.file.isDirty)
        }
        #expect(try await bench.uploadsLeft() == 0)
    }

    private func change(
        _ bench: Bench, _ content: inout [UInt8], _ generator: inout SeededGenerator
    ) async throws {
        let place = Int.random(in: 0...1_500_000, using: &generator)
        if Int.random(in: 0..<5, using: &generator) == 0 {
            try bench.file.truncate(to: UInt64(place))
            content += [UInt8](repeating: 0, count: max(0, place - content.count))
            content.removeLast(content.count - place)
            return
        }
        let length = Int.random(in: 1...200_000, using: &generator)
        let new = generator.content(length)
        let range = ByteRange(place..<place + length)
        for missing in bench.file.missingRanges(forWrite: range) {
            let sink = CollectingSink()
            let base = try #require(bench.file.base)
            _ = try await bench.memory.get(
                base.key, range: missing, ifMatch: base.eTag, into: sink)
            try bench.file.fill(sink.bytes, at: Int(missing.offset))
        }
        try bench.file.write(new, at: place)
        bench.upload.noteWritten(target: bench.object)
        content += [UInt8](repeating: 0, count: max(0, place + length - content.count))
        content.replaceSubrange(place..<place + length, with: new)
    }
}
