internal import Synchronization

/// Lets one task at a time through, in order of arrival.
///
/// Unlike a `Mutex`, it may be held across `await`: it keeps a publication, a rename and an unlink
/// of one file apart. What runs inside is bounded by the store's deadlines, so a wait is too; a
/// cancelled waiter leaves the queue at once.
final class SerialGate: Sendable {
    private struct State {
        var isHeld = false
        var nextTicket: UInt64 = 0
        var waiters: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        var cancelled: Set<UInt64> = []
    }

    private let state = Mutex(State())

    /// Runs `body` while no other body of this gate runs.
    /// - Throws: what `body` throws; `interrupted` when cancelled while waiting.
    func run<Value: Sendable>(
        _ operation: String,
        _ body: () async throws(FileSystemError) -> Value
    ) async throws(FileSystemError) -> Value {
        guard await enter() else { throw FileSystemError(.interrupted, operation) }
        let result: Result<Value, FileSystemError>
        do throws(FileSystemError) {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        leave()
        return try result.get()
    }

    /// Runs `body` in its turn even if the task is cancelled.
    func runUncancelled(_ body: @Sendable @escaping () async -> Void) async {
        await Task {
            guard await enter() else { return }
            await body()
            leave()
        }.value
    }

    /// Whether a body runs now. For fast paths that must not wait; may be out of date on return.
    var isHeld: Bool { state.withLock { $0.isHeld } }

    /// - Returns: false when the waiting task was cancelled.
    private func enter() async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.cancelled.remove(ticket) != nil { return false }
                    if !state.isHeld {
                        state.isHeld = true
                        return true
                    }
                    state.waiters.append((ticket, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel(ticket)
        }
    }

    private func cancel(_ ticket: UInt64) {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            if let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) {
                return state.waiters.remove(at: index).continuation
            }
            // Not waiting yet, or through already; the mark of one that is through is dropped in
            // `leave`.
            state.cancelled.insert(ticket)
            return nil
        }
        waiter?.resume(returning: false)
    }

    private func leave() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            if state.waiters.isEmpty {
                state.isHeld = false
                state.cancelled.removeAll()
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
