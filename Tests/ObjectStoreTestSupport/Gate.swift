import Synchronization

/// Stops tasks at a place until a test lets them go on, and tells the test when one is there.
package final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrivals = 0
        var stopped: [CheckedContinuation<Void, Never>] = []
        var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// Closed.
    package init() {}

    /// Called by the task that is to be stopped: returns when the gate is open.
    package func pass() async {
        let observers = state.withLock { state in
            state.arrivals += 1
            let due = state.observers.filter { $0.count <= state.arrivals }
            state.observers.removeAll { $0.count <= state.arrivals }
            return due
        }
        for observer in observers { observer.continuation.resume() }
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.stopped.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits until so many tasks have come to the gate, in all.
    package func waitForArrivals(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isDue = state.withLock { state in
                if state.arrivals < count { state.observers.append((count, continuation)) }
                return state.arrivals >= count
            }
            if isDue { continuation.resume() }
        }
    }

    /// Lets all tasks pass, now and later.
    package func open() {
        let stopped = state.withLock { state in
            state.isOpen = true
            defer { state.stopped = [] }
            return state.stopped
        }
        for continuation in stopped { continuation.resume() }
    }
}
