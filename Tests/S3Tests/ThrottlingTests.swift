import HTTP
import ObjectStorage
import ObjectStoreTestSupport
import Testing

@testable import S3

@Suite struct ThrottlingTests {
    @Test("S2: SlowDown is waited out from a second on, and halves what runs at once")
    func slowDown() async throws {
        let bench = Bench()
        bench.transport.script(.error(503, "SlowDown"), .error(503, "SlowDown"), .ok(encrypted))

        _ = try await bench.put()

        #expect(bench.clock.sleeps == [.seconds(1), .seconds(2)])
        // Halved twice, a second apart; ten seconds give one place back.
        #expect(bench.store.client.limit.current == 16)
        bench.clock.advance(by: .seconds(10))
        #expect(bench.store.client.limit.current == 17)
        bench.clock.advance(by: .seconds(10_000))
        #expect(bench.store.client.limit.current == 64)
    }

    @Test("a burst of SlowDown within a second halves once")
    func burst() {
        let clock = ManualClock()
        let limit = ConcurrencyLimit(maximum: 64, clock: clock)

        for _ in 0..<10 { limit.reduce() }

        #expect(limit.current == 32)
        for _ in 0..<10 {
            clock.advance(by: .seconds(1))
            limit.reduce()
        }
        #expect(limit.current == 1)
    }

    @Test("no more run at once than the limit says, and all get their turn")
    func bounded() async throws {
        let bench = Bench { $0.maximumConcurrency = 2 }
        let gate = Gate()
        bench.transport.onRequest { _ in await gate.pass() }
        for _ in 0..<5 { bench.transport.script(.ok(encrypted)) }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { _ = try await bench.put() } }
            await gate.waitForArrivals(2)
            #expect(bench.transport.sent.count == 2)
            gate.open()
            try await group.waitForAll()
        }

        #expect(bench.transport.sent.count == 5)
    }

    @Test("a caller that is cancelled while it waits leaves the queue")
    func cancelled() async throws {
        let limit = ConcurrencyLimit(maximum: 1, clock: ManualClock())
        try await limit.enter(operation: "a")
        let waiting = Task { await failure { try await limit.enter(operation: "b") } }

        waiting.cancel()

        #expect(await waiting.value?.code == .cancelled)
        limit.leave()
        try await limit.enter(operation: "c")
    }

    @Test("the budget allows a burst of retries, then no reader's, until successes refill it")
    func budget() {
        let budget = RetryBudget()
        var taken = 0
        while budget.take(for: .transient) { taken += 1 }
        // 500 / 14 = 35, and 10 left.
        #expect(taken == 35)
        #expect(budget.take(for: .throttled) && budget.take(for: .throttled))
        #expect(!budget.take(for: .throttled))
        for _ in 0..<5 { budget.reward() }
        #expect(budget.take(for: .throttled))
    }

    @Test("waits double from the base to the cap, and shrink with the chance")
    func waits() {
        let policy = RetryPolicy()
        let longest = (1...12).map { policy.wait(before: $0, for: .transient, fraction: 1) }
        #expect(longest.prefix(3) == [.milliseconds(50), .milliseconds(100), .milliseconds(200)])
        #expect(longest.last == .seconds(20))
        #expect(policy.wait(before: 1, for: .throttled, fraction: 0.5) == .milliseconds(500))
        #expect(policy.wait(before: 1_000_000, for: .throttled, fraction: 1) == .seconds(20))
    }

    @Test(
        "a request that is wrong, forbidden or refused is sent once",
        arguments: [
            (400, "InvalidArgument"), (403, "AllAccessDisabled"), (404, "NoSuchBucket"),
            (405, "MethodNotAllowed"), (501, "NotImplemented"), (507, "QuotaExceeded"),
            (400, "EntityTooLarge"), (403, "InvalidObjectState"),
        ])
    func neverRetried(status: Int, name: String) async throws {
        let bench = Bench { $0.checksum = .crc64NVME }
        for _ in 0..<3 { bench.transport.script(.error(status, name)) }

        #expect(await failure { try await bench.put() } != nil)
        #expect(bench.transport.lines.count == 1)
    }

    @Test(
        "a timeout, a bad digest and an incomplete body are sent again",
        arguments: [(400, "RequestTimeout"), (400, "BadDigest"), (400, "IncompleteBody")])
    func retried(status: Int, name: String) async throws {
        let bench = Bench()
        bench.transport.script(.error(status, name), .ok(encrypted))

        _ = try await bench.put()
    }
}
