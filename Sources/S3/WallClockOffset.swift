import ObjectStorage
import Synchronization

/// The server's time: the local clock and what was learned of its error.
final class WallClockOffset: Sendable {
    private let clock: any WallClock
    private let offsetSeconds = Mutex<Int64>(0)

    init(_ clock: any WallClock) {
        self.clock = clock
    }

    /// The time to sign with.
    func now() -> Timestamp {
        let local = clock.now()
        let offset = offsetSeconds.withLock { $0 }
        return Timestamp(seconds: local.seconds + offset, nanoseconds: local.nanoseconds)
    }

    /// Learns from an answer's `Date` header.
    /// - Returns: how far the local clock is off, in seconds.
    func learn(_ server: Timestamp) -> Int64 {
        let offset = server.seconds - clock.now().seconds
        offsetSeconds.withLock { $0 = offset }
        return offset
    }
}
