internal import ObjectStorage
internal import Synchronization

/// Lets tasks through one at a time or, where they say so, several that share; in order of arrival.
///
/// Unlike a `Mutex`, it may be held across `await`: it keeps a publication, a rename and an unlink
/// of one file apart. What runs inside is bounded by the store's deadlines, so a wait is too; a
/// cancelled waiter leaves the queue at once. Not reentrant.
final class TaskGate: Sendable {
    private struct Waiter {
        let ticket: UInt64
        let isShared: Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// Tasks inside: some that share, or one that does not.
        var inside = 0
        var isShared = false
        var nextTicket: UInt64 = 0
        var waiters: [Waiter] = []
        var cancelled: Set<UInt64> = []

        /// Whether a task may go in now, past those that wait when there are none.
        func admits(shared: Bool) -> Bool {
            inside == 0 || (shared && isShared)
        }

        mutating func enter(shared: Bool) {
            inside += 1
            isShared = shared
        }
    }

    private let state = Mutex(State())

    /// Runs `body` while no other body of this gate runs.
    /// - Throws: what `body` throws; `interrupted` when cancelled while waiting.
    func run<Value: Sendable>(
        _ operation: String,
        _ body: () async throws(FileSystemError) -> Value
    ) async throws(FileSystemError) -> Value {
        try await run(operation, shared: false, body)
    }

    /// Runs `body` while only bodies run that share too.
    /// - Throws: what `body` throws; `interrupted` when cancelled while waiting.
    func runShared<Value: Sendable>(
        _ operation: String,
        _ body: () async throws(FileSystemError) -> Value
    ) async throws(FileSystemError) -> Value {
        try await run(operation, shared: true, body)
    }

    private func run<Value: Sendable>(
        _ operation: String, shared: Bool,
        _ body: () async throws(FileSystemError) -> Value
    ) async throws(FileSystemError) -> Value {
        guard await enter(shared: shared) else { throw FileSystemError(.interrupted, operation) }
        let result = await Result(body)
        leave()
        return try result.get()
    }

    /// Runs `body` in its turn even if the task is cancelled.
    func runUncancelled(_ body: @Sendable @escaping () async -> Void) async {
        await Task {
            guard await enter(shared: false) else { return }
            await body()
            leave()
        }.value
    }

    /// Whether a body runs now. May be out of date on return.
    var isHeld: Bool { state.withLock { $0.inside > 0 } }

    /// - Returns: false when the waiting task was cancelled.
    private func enter(shared: Bool) async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.cancelled.remove(ticket) != nil { return false }
                    if state.waiters.isEmpty, state.admits(shared: shared) {
                        state.enter(shared: shared)
                        return true
                    }
                    state.waiters.append(
                        Waiter(ticket: ticket, isShared: shared, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel(ticket)
        }
    }

    private func cancel(_ ticket: UInt64) {
        let (waiter, admitted) = state.withLock { state -> (Waiter?, [Waiter]) in
            if let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) {
                let waiter = state.waiters.remove(at: index)
                // It may have been the one that others behind it waited for.
                return (waiter, Self.admitNext(in: &state))
            }
            // Not waiting yet, or through already; the mark of one that is through is dropped when
            // the gate is empty.
            state.cancelled.insert(ticket)
            return (nil, [])
        }
        waiter?.continuation.resume(returning: false)
        for next in admitted { next.continuation.resume(returning: true) }
    }

    private func leave() {
        let admitted = state.withLock { state -> [Waiter] in
            state.inside -= 1
            let admitted = Self.admitNext(in: &state)
            if state.inside == 0 { state.cancelled.removeAll() }
            return admitted
        }
        for next in admitted { next.continuation.resume(returning: true) }
    }

    /// Takes from the head of the queue all that may go in now.
    private static func admitNext(in state: inout State) -> [Waiter] {
        var admitted: [Waiter] = []
        while let next = state.waiters.first, state.admits(shared: next.isShared) {
            state.waiters.removeFirst()
            state.enter(shared: next.isShared)
            admitted.append(next)
        }
        return admitted
    }
}
