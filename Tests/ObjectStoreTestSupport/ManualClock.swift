import Synchronization

/// A clock that stands still until it is moved. A sleep moves it at once, so that nothing waits and
/// every wait is known.
package final class ManualClock: Clock {
    /// A point of this clock's time.
    package struct Instant: InstantProtocol {
        /// Since the clock was made.
        package var offset: Duration

        package func advanced(by duration: Duration) -> Instant {
            Instant(offset: offset + duration)
        }

        package func duration(to other: Instant) -> Duration { other.offset - offset }

        package static func < (left: Instant, right: Instant) -> Bool {
            left.offset < right.offset
        }
    }

    private struct State {
        var offset = Duration.zero
        var sleeps: [Duration] = []
    }

    private let state = Mutex(State())

    /// At zero.
    package init() {}

    package var now: Instant { Instant(offset: state.withLock { $0.offset }) }
    package var minimumResolution: Duration { .nanoseconds(1) }

    /// How long each sleep so far was.
    package var sleeps: [Duration] { state.withLock { $0.sleeps } }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            let wait = deadline.offset - state.offset
            state.sleeps.append(wait)
            state.offset = max(state.offset, deadline.offset)
        }
    }

    /// Moves the time on.
    package func advance(by duration: Duration) {
        state.withLock { $0.offset += duration }
    }
}
