internal import ObjectStorage
private import Synchronization

/// Bounds how many parts and small objects of a mount are sent at once.
///
/// Those that wait are few: an upload has at most `limit` tasks of its own, and the staging quota
/// bounds the files.
package final class UploadQueue: Sendable {
    /// Parts in flight by default: 64 MiB, which fills 1 GB/s at 60 ms.
    package static let usualLimit = 8

    private struct State {
        var free: Int
        var nextTicket: UInt64 = 0
        /// Ascending tickets, first come first served.
        var waiting: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    package let limit: Int
    private let state: Mutex<State>

    /// - Parameter limit: 1 or more.
    package init(limit: Int = UploadQueue.usualLimit) {
        self.limit = max(limit, 1)
        state = Mutex(State(free: max(limit, 1)))
    }

    /// Places that nobody has.
    var free: Int { state.withLock { $0.free } }

    /// Runs `body` when it is its turn.
    /// - Throws: `cancelled` when the task is cancelled while it waits, and what `body` throws.
    func withPlace<Value: Sendable>(
        _ body: () async throws(ObjectStoreError) -> Value
    ) async throws(ObjectStoreError) -> Value {
        guard await enter() else { throw ObjectStoreError(.cancelled, operation: "Upload") }
        defer { leave() }
        return try await body()
    }

    private func enter() async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let entered = state.withLock { state -> Bool? in
                    // The handler has run already when the task was cancelled before.
                    if Task.isCancelled { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((ticket, continuation))
                    return nil
                }
                if let entered { continuation.resume(returning: entered) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.waiting.firstIndex { $0.ticket == ticket }
                    .map { state.waiting.remove(at: $0).continuation }
            }
            waiting?.resume(returning: false)
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
