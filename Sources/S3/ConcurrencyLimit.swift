import ObjectStorage
import Synchronization

/// Lets a bounded number of requests run at once; fewer after the store asked for less.
///
/// A throttled request halves the limit, at most once a second, and every ten seconds without
/// another gives one back.
final class ConcurrencyLimit: Sendable {
    private static let recoveryInterval: Duration = .seconds(10)
    private static let halvingInterval: Duration = .seconds(1)
    /// Callers that may wait: a mount has a few thousand open files at most, and each waits once.
    private static let waitingLimit = 10_000

    private struct State {
        var running = 0
        /// Before recovery is counted in.
        var reduced: Int
        var sinceReduction: Stopwatch?
        var nextTicket: UInt64 = 0
        /// Ascending tickets, first come first served; taken out as they are served or leave.
        var queue: [UInt64] = []
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    }

    private let maximum: Int
    private let clock: any Clock<Duration>
    private let state: Mutex<State>

    init(maximum: Int, clock: any Clock<Duration>) {
        self.maximum = max(maximum, 1)
        self.clock = clock
        state = Mutex(State(reduced: max(maximum, 1)))
    }

    /// How many may run now.
    var current: Int { state.withLock { limit($0) } }

    /// Waits for a place. `leave` must follow.
    /// - Throws: `cancelled`; `throttled` when too many wait already.
    func enter(operation: String) async throws(ObjectStoreError) {
        let ticket: UInt64? = state.withLock { state in
            if state.queue.isEmpty, state.running < limit(state) {
                state.running += 1
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return }
        let entered = await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, ticket: ticket) }
        } onCancel: {
            cancel(ticket)
        }
        guard entered else {
            throw ObjectStoreError(
                Task.isCancelled ? .cancelled : .throttled, operation: operation,
                detail: Task.isCancelled ? nil : "too many requests wait")
        }
    }

    /// Gives a place back.
    func leave() {
        let resumed = state.withLock { state in
            state.running -= 1
            return admit(&state)
        }
        for continuation in resumed { continuation.resume(returning: true) }
    }

    /// The store asked for fewer requests.
    func reduce() {
        state.withLock { state in
            if let since = state.sinceReduction, since.elapsed < Self.halvingInterval { return }
            state.reduced = max(limit(state) / 2, 1)
            state.sinceReduction = Stopwatch(clock)
        }
    }

    private func wait(_ continuation: CheckedContinuation<Bool, Never>, ticket: UInt64) {
        let result: Bool? = state.withLock { state in
            // The handler runs before this when the task was cancelled already.
            if Task.isCancelled || state.queue.count >= Self.waitingLimit { return false }
            if state.queue.isEmpty, state.running < limit(state) {
                state.running += 1
                return true
            }
            state.queue.append(ticket)
            state.waiting[ticket] = continuation
            return nil
        }
        if let result { continuation.resume(returning: result) }
    }

    private func cancel(_ ticket: UInt64) {
        let continuation = state.withLock { state in
            state.queue.removeAll { $0 == ticket }
            return state.waiting.removeValue(forKey: ticket)
        }
        continuation?.resume(returning: false)
    }

    /// Takes as many out of the queue as may run.
    private func admit(_ state: inout State) -> [CheckedContinuation<Bool, Never>] {
        var resumed: [CheckedContinuation<Bool, Never>] = []
        let limit = limit(state)
        while state.running < limit, let ticket = state.queue.first {
            state.queue.removeFirst()
            guard let continuation = state.waiting.removeValue(forKey: ticket) else { continue }
            state.running += 1
            resumed.append(continuation)
        }
        return resumed
    }

    private func limit(_ state: State) -> Int {
        guard let since = state.sinceReduction else { return maximum }
        return min(state.reduced + Int(since.elapsed / Self.recoveryInterval), maximum)
    }
}
