import Logging
import ObjectStorage
import ReadCache
import Synchronization

/// A clock that moves only when told to.
final class HandClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let time = Mutex(Duration.zero)

    var now: Instant { Instant(offset: time.withLock { $0 }) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func advance(by duration: Duration) { time.withLock { $0 += duration } }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
}

/// The answer to one read, once it is there.
final class Answer: Sendable {
    typealias Outcome = Result<[UInt8], ObjectStoreError>

    private let outcomes = Mutex<[Outcome]>([])

    func give(_ result: Result<BlockSlices, ObjectStoreError>) {
        outcomes.withLock { $0.append(result.map(\.bytes)) }
    }

    /// How often the completion was called.
    var count: Int { outcomes.withLock { $0.count } }
    /// What the completion was called with, if it was.
    var outcome: Outcome? { outcomes.withLock { $0.first } }
    var bytes: [UInt8]? { try? outcome?.get() }
    var errorCode: ObjectStoreError.Code? {
        guard case .failure(let error) = outcome else { return nil }
        return error.code
    }

    /// Waits for the answer, until the suite's time limit cancels the test; nil on an error.
    @discardableResult
    func wait() async throws -> [UInt8]? {
        while count == 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
        return bytes
    }
}

/// A read cache over a gated store, with sizes a thousandth of the real ones.
///
/// Blocks of 16 bytes, first request of 144, parts of 1,024, reordering up to 512.
struct ReadCacheFixture {
    let store: GatedStore
    let cache: ReadCache
    let clock = HandClock()
    let size: UInt64

    init(
        size: UInt64, automatic: Bool = false, budget: Int = 16_384, requests: Int = 16,
        reserved: Int = 4, failing: Int? = nil
    ) {
        self.size = size
        store = GatedStore(size: size, automatic: automatic, failing: failing)
        cache = ReadCache(
            store: store,
            configuration: ReadCacheConfiguration(
                memoryBudget: budget, blockSize: 16, firstRequestSize: 144, partSize: 1024,
                maximumWindow: 1 << 20, reorderSlack: 512, maximumRequests: requests,
                requestsReservedForWaiters: reserved, idleAfter: .seconds(10)),
            clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func open(version: Int = 1) -> ObjectReader {
        cache.openReader(key: ObjectKey("k"), eTag: GatedStore.eTag(version), size: size)
    }
}

extension ObjectReader {
    func start(at offset: UInt64, count: Int) -> Answer {
        let answer = Answer()
        read(at: offset, count: count) { answer.give($0) }
        return answer
    }
}

extension ReadCacheFixture {
    /// The statistics once nothing is in flight any more; bounded by the suite's time limit.
    func settled() async throws -> ReadCacheStatistics {
        while cache.statistics.bytesInFlight > 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
        return cache.statistics
    }
}
