import ObjectStorage
import ReadCache
import Testing

@Suite("Prefetch", .timeLimit(.minutes(1)))
struct PrefetchTests {
    /// Reads everything in order, `step` bytes at a time.
    private func stream(_ reader: ObjectReader, size: UInt64, step: Int) async throws {
        var offset: UInt64 = 0
        while offset < size {
            let answer = try await reader.start(at: offset, count: step).wait()
            let count = min(UInt64(step), size - offset)
            #expect(
                answer == GatedStore.bytes(ByteRange(offset: offset, count: count)))
            offset += count
        }
    }

    @Test(
        "a stream costs one first request and whole parts, each byte once",
        arguments: [4, 16, 100, 128, 1000])
    func sequentialRequestCount(step: Int) async throws {
        // 1 GiB in thousandths, 128 parts of the real size.
        let size: UInt64 = 128 * 1024
        let fixture = ReadCacheFixture(size: size, automatic: true, budget: 65_536)

        try await stream(fixture.open(), size: size, step: step)

        let statistics = try await fixture.settled()
        #expect(statistics.bytesFetched == size)
        // 144 bytes, then (131,072 - 144) / 1,024 = 127.9 parts. Steps beyond the first request
        // make it as long as themselves.
        #expect(statistics.requests == 129)
        #expect(statistics.peakBytes <= 65_536)
    }

    @Test("a small file costs one GET")
    func smallFile() async throws {
        let fixture = ReadCacheFixture(size: 140, automatic: true)

        try await stream(fixture.open(), size: 140, step: 16)

        #expect(fixture.store.requests.map(\.range) == [ByteRange(offset: 0, count: 140)])
    }

    @Test("random small reads cost one GET of their block each, and nothing ahead")
    func randomReads() async throws {
        let fixture = ReadCacheFixture(size: 1 << 20, automatic: true)
        let reader = fixture.open()
        var generator = SplitMix(seed: 42)
        var expected: [ByteRange] = []
        var seen: Set<UInt64> = []
        while expected.count < 300 {
            let block = UInt64.random(in: 1..<65_536, using: &generator)
            guard seen.insert(block).inserted else { continue }
            expected.append(ByteRange(offset: block * 16, count: 16))
            try await reader.start(at: block * 16 + 3, count: 8).wait()
        }

        _ = try await fixture.settled()
        #expect(fixture.store.requests.map(\.range) == expected)
    }

    @Test("one read over several blocks away from the start is one GET of just these")
    func coalescedRead() async throws {
        let fixture = ReadCacheFixture(size: 1 << 20, automatic: true)

        let reader = fixture.open()
        try await reader.start(at: 8003, count: 100).wait()

        #expect(fixture.store.requests.map(\.range) == [ByteRange(offset: 8000, count: 112)])
    }

    @Test("kernel read-ahead that arrives out of order still counts as a stream")
    func reordered() async throws {
        let size: UInt64 = 64 * 1024
        let fixture = ReadCacheFixture(size: size, automatic: true, budget: 65_536)
        let reader = fixture.open()
        // Four requests of 128 in flight at once, the last first.
        for group in stride(from: UInt64(0), to: size, by: 512) {
            let answers = [384, 128, 256, 0].map { shift in
                (group + shift, reader.start(at: group + shift, count: 128))
            }
            for (offset, answer) in answers {
                try await answer.wait()
                #expect(answer.bytes == GatedStore.bytes(ByteRange(offset: offset, count: 128)))
            }
        }

        let statistics = try await fixture.settled()
        #expect(statistics.bytesFetched == size)
        // 64 parts, and a few small ones until the stream is recognised.
        #expect(statistics.requests <= 64 + 6)
    }

    @Test("the next part is asked for when half of what is ahead is used")
    func halfLeft() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let reader = fixture.open()
        let first = reader.start(at: 0, count: 16)
        try await fixture.store.request(1).finish()
        try await first.wait()

        try await reader.start(at: 16, count: 48).wait()
        #expect(fixture.cache.statistics.requests == 1)
        try await reader.start(at: 64, count: 16).wait()

        #expect(fixture.cache.statistics.requests == 2)
        let second = try await fixture.store.request(2)
        #expect(second.range == ByteRange(offset: 144, count: 1024))
        second.finish()
    }

    @Test("the window doubles each time that the reader catches up, and only then")
    func doubling() async throws {
        let fixture = ReadCacheFixture(size: 1 << 20, budget: 1 << 18)
        let reader = fixture.open()
        let first = reader.start(at: 0, count: 100)
        try await fixture.store.request(1).finish()
        try await first.wait()
        try await reader.start(at: 100, count: 44).wait()
        #expect(fixture.cache.statistics.requests == 2)

        // It waits for the first byte behind the first request: two parts from now on.
        let second = reader.start(at: 144, count: 16)
        #expect(fixture.cache.statistics.requests == 3)
        // Further waits for what is in flight already do not double it again.
        let third = reader.start(at: 160, count: 16)
        #expect(fixture.cache.statistics.requests == 3)
        for number in 2...3 { try await fixture.store.request(number).finish() }
        try await second.wait()
        try await third.wait()
        _ = try await fixture.settled()
        // Half is left: one more, without a wait.
        try await reader.start(at: 176, count: 1008).wait()
        #expect(fixture.cache.statistics.requests == 4)
        #expect(
            try await fixture.store.request(4).range == ByteRange(offset: 2192, count: 1024))
        // A wait for what was in flight when the window grew says nothing.
        try await fixture.store.request(4).send(16)
        try await reader.start(at: 1184, count: 1024).wait()
        #expect(fixture.cache.statistics.requests == 5)
        // It caught up again: four parts ahead from now on.
        let fourth = reader.start(at: 2208, count: 16)
        #expect(fixture.cache.statistics.requests == 7)
        for number in 4...7 { try await fixture.store.request(number).finish() }
        try await fourth.wait()

        let starts = fixture.store.requests[4...].map(\.range.offset).sorted()
        #expect(starts == [3216, 4240, 5264])
    }

    @Test("a far seek ends what was fetched ahead")
    func farSeek() async throws {
        let fixture = ReadCacheFixture(size: 1 << 20)
        let reader = fixture.open()
        let first = reader.start(at: 0, count: 100)
        try await fixture.store.request(1).finish()
        try await first.wait()
        try await reader.start(at: 100, count: 16).wait()
        _ = try await fixture.store.request(2)

        // One read elsewhere is forgiven, the second one is not.
        let seek = reader.start(at: 500_000, count: 16)
        try await fixture.store.request(3).finish()
        try await seek.wait()
        #expect(fixture.cache.statistics.cancelledRequests == 0)
        let onward = reader.start(at: 500_016, count: 16)
        try await fixture.store.cancellation(1)
        try await fixture.store.request(4).finish()
        try await onward.wait()

        #expect(fixture.cache.statistics.cancelledRequests == 1)
        #expect(fixture.store.requests[2].range == ByteRange(offset: 500_000, count: 16))
    }

    @Test("a stream that begins in the middle is recognised after a few reads")
    func streamFromTheMiddle() async throws {
        let fixture = ReadCacheFixture(size: 1 << 20, automatic: true)
        let reader = fixture.open()
        var offset: UInt64 = 8000
        while offset < 8000 + 4096 {
            try await reader.start(at: offset, count: 16).wait()
            offset += 16
        }

        let statistics = try await fixture.settled()
        // 256 blocks: three single ones, one first request, then parts.
        #expect(statistics.requests <= 9)
    }

    @Test("a prefetch that failed is not repeated until the reader gets there")
    func failedPrefetch() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let reader = fixture.open()
        let first = reader.start(at: 0, count: 100)
        try await fixture.store.request(1).finish()
        try await first.wait()
        try await reader.start(at: 100, count: 12).wait()
        let ahead = try await fixture.store.request(2)
        ahead.fail(.serverFailure)
        _ = try await fixture.settled()

        try await reader.start(at: 112, count: 32).wait()
        #expect(fixture.cache.statistics.requests == 2)
        let answer = reader.start(at: 144, count: 16)
        let retry = try await fixture.store.request(3)
        retry.finish()
        try await answer.wait()

        #expect(retry.range.offset == 144)
        #expect(answer.bytes == GatedStore.bytes(ByteRange(offset: 144, count: 16)))
    }

    @Test("a waiting reader goes before what was queued ahead")
    func waitersFirst() async throws {
        let fixture = ReadCacheFixture(size: 1 << 20, requests: 2, reserved: 1)
        let stream = fixture.open()
        let first = stream.start(at: 0, count: 100)
        try await fixture.store.request(1).finish()
        try await first.wait()
        try await stream.start(at: 100, count: 16).wait()
        _ = try await fixture.store.request(2)

        let random = fixture.open()
        let other = random.start(at: 900_000, count: 16)
        let third = try await fixture.store.request(3)

        #expect(third.range == ByteRange(offset: 900_000, count: 16))
        third.finish()
        try await other.wait()
    }
}

/// A small generator with a seed. Source: Vigna, "SplitMix64", public domain algorithm.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
