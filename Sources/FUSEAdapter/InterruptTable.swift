internal import Synchronization

/// The requests that wait and can be interrupted. Its lock is a leaf.
final class InterruptTable: Sendable {
    struct Ticket: Hashable, Sendable {
        let rawValue: UInt
    }

    private enum Waiter {
        /// What waits is not known yet.
        case starting
        case cancellable(@Sendable () -> Void)
        /// The interrupt came before what waits was known.
        case interrupted
    }

    private struct State {
        var next: UInt = 1
        var waiters: [Ticket: Waiter] = [:]
    }

    private let state = Mutex(State())

    func begin() -> Ticket {
        state.withLock { state in
            let ticket = Ticket(rawValue: state.next)
            state.next += 1
            state.waiters[ticket] = .starting
            return ticket
        }
    }

    /// Tells how to cancel; does so at once when the interrupt has come already.
    func setCancel(_ ticket: Ticket, _ cancel: @escaping @Sendable () -> Void) {
        let isInterrupted = state.withLock { state in
            switch state.waiters[ticket] {
            case .starting:
                state.waiters[ticket] = .cancellable(cancel)
                return false
            case .interrupted: return true
            case .cancellable, nil: return false
            }
        }
        if isInterrupted { cancel() }
    }

    func end(_ ticket: Ticket) {
        state.withLock { $0.waiters[ticket] = nil }
    }

    func interrupt(_ ticket: Ticket) {
        let cancel: (@Sendable () -> Void)? = state.withLock { state in
            switch state.waiters[ticket] {
            case .cancellable(let cancel): return cancel
            case .starting:
                state.waiters[ticket] = .interrupted
                return nil
            case .interrupted, nil: return nil
            }
        }
        cancel?()
    }
}
