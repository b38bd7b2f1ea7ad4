import ObjectStorage
import ReadCache
import Synchronization
import Testing

@Suite("ReadCache against a model", .timeLimit(.minutes(1)))
struct ReadCacheModelTests {
    @Test(
        "any mix of reads, cancels, closes and failures gives right bytes within the budget",
        arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func randomMix(seed: UInt64) async throws {
        var generator = SplitMix(seed: seed)
        let size = UInt64.random(in: 1000...40_000, using: &generator)
        let budget = Int.random(in: 400...8000, using: &generator)
        let fixture = ReadCacheFixture(
            size: size, automatic: true, budget: budget, requests: 4, reserved: 1,
            failing: seed % 2 == 0 ? 7 : nil)
        var readers = [fixture.open(), fixture.open(), fixture.open()]
        var positions: [UInt64] = [0, 0, 0]
        var open: [(range: ByteRange, answer: Answer)] = []

        for _ in 0..<2000 {
            let which = Int.random(in: 0..<3, using: &generator)
            switch Int.random(in: 0..<100, using: &generator) {
            case 0:
                readers[which].close()
                readers[which] = fixture.open()
            case 1:
                fixture.cache.invalidate(key: ObjectKey("k"))
            case 2..<20:
                positions[which] = UInt64.random(in: 0..<size, using: &generator)
            case 20..<25:
                for (_, answer) in open { try await answer.wait() }
            default:
                break
            }
            let count = Int.random(in: 1...200, using: &generator)
            let offset = positions[which]
            let answer = Answer()
            let token = readers[which].read(at: offset, count: count) { answer.give($0) }
            if Int.random(in: 0..<20, using: &generator) == 0 { token.cancel() }
            let clipped = min(UInt64(count), size - offset)
            open.append((ByteRange(offset: offset, count: clipped), answer))
            positions[which] = (offset + clipped) % size
        }

        for (range, answer) in open {
            try await answer.wait()
            #expect(answer.count == 1, "seed \(seed)")
            switch answer.outcome {
            case .success(let bytes):
                #expect(bytes == GatedStore.bytes(range), "seed \(seed)")
            case .failure(let error):
                #expect([.cancelled, .serverFailure].contains(error.code), "seed \(seed)")
            case nil:
                Issue.record("no answer, seed \(seed)")
            }
        }
        let statistics = try await fixture.settled()
        // A budget below the least that works is raised to two first requests.
        #expect(statistics.bytesResident <= max(budget, 288), "seed \(seed)")
        #expect(statistics.peakBytes <= max(budget, 288) + 224, "seed \(seed)")
        #expect(statistics.bytesInFlight == 0, "seed \(seed)")
    }

    @Test("many threads reading at once get right bytes, each completion once")
    func threads() async throws {
        let size: UInt64 = 100_000
        let fixture = ReadCacheFixture(size: size, automatic: true, budget: 20_000)
        let shared = fixture.open()

        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    var generator = SplitMix(seed: UInt64(thread))
                    let reader = thread % 2 == 0 ? shared : fixture.open()
                    var offset = UInt64.random(in: 0..<size, using: &generator)
                    for step in 0..<500 {
                        let count = Int.random(in: 1...300, using: &generator)
                        let answer = Answer()
                        let token = reader.read(at: offset, count: count) { answer.give($0) }
                        if step % 17 == 0 { token.cancel() }
                        try await answer.wait()
                        let clipped = min(UInt64(count), size - offset)
                        let wanted = GatedStore.bytes(ByteRange(offset: offset, count: clipped))
                        #expect(
                            answer.bytes == wanted || answer.errorCode == .cancelled,
                            "thread \(thread), step \(step)")
                        #expect(answer.count == 1)
                        offset =
                            step % 50 == 0
                            ? UInt64.random(in: 0..<size, using: &generator)
                            : (offset + clipped) % size
                    }
                }
            }
            try await group.waitForAll()
        }

        let statistics = try await fixture.settled()
        #expect(statistics.peakBytes <= 20_000 + 8 * 320)
    }

    @Test("reads that together need more than the budget all end")
    func moreThanTheBudget() async throws {
        let fixture = ReadCacheFixture(size: 100_000, automatic: true, budget: 288, requests: 4)
        let readers = (0..<40).map { _ in fixture.open() }

        let answers = readers.enumerated().map { number, reader in
            reader.start(at: UInt64(number) * 2000 + 16, count: 256)
        }

        for (number, answer) in answers.enumerated() {
            try await answer.wait()
            let range = ByteRange(offset: UInt64(number) * 2000 + 16, count: 256)
            #expect(answer.bytes == GatedStore.bytes(range))
        }
        let statistics = try await fixture.settled()
        #expect(statistics.peakBytes <= 288 + 256)
    }

    @Test("a long stream does not push out what is read again and again")
    func scanResistance() async throws {
        let fixture = ReadCacheFixture(size: 1 << 20, automatic: true, budget: 16_384)
        let index = fixture.open()
        for _ in 0..<2 {
            for block in 0..<32 as Range<UInt64> {
                try await index.start(at: 800_000 + block * 160, count: 16).wait()
            }
        }
        let stream = fixture.open()
        for offset in stride(from: UInt64(0), to: 200_000, by: 100) {
            try await stream.start(at: offset, count: 100).wait()
        }
        _ = try await fixture.settled()
        let before = fixture.cache.statistics.requests

        for block in 0..<32 as Range<UInt64> {
            try await index.start(at: 800_000 + block * 160, count: 16).wait()
        }

        #expect(fixture.cache.statistics.requests == before)
    }

    @Test("two streams share the budget, and an idle one gives its share back")
    func sharedBudget() async throws {
        let fixture = ReadCacheFixture(size: 1 << 20, automatic: true, budget: 16_384)
        let readers = [fixture.open(), fixture.open()]
        for offset in stride(from: UInt64(0), to: 100_000, by: 64) {
            for (number, reader) in readers.enumerated() {
                let start = offset + UInt64(number) * 500_000
                let bytes = try await reader.start(at: start, count: 64).wait()
                #expect(bytes == GatedStore.bytes(ByteRange(offset: start, count: 64)))
            }
        }
        fixture.clock.advance(by: .seconds(11))
        for offset in stride(from: UInt64(100_000), to: 200_000, by: 64) {
            try await readers[0].start(at: offset, count: 64).wait()
        }

        let statistics = try await fixture.settled()
        #expect(statistics.peakBytes <= 16_384)
        // Each byte once: 2 streams of 100,000, one of 100,000 more, and what is ahead of them.
        #expect(statistics.bytesFetched <= 300_000 + 2 * 16_384)
    }
}
