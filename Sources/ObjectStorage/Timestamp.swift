/// A point of wall-clock time: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Whole seconds since 1970; negative before.
    package let seconds: Int64
    /// 0 to 999,999,999.
    package let nanoseconds: Int32

    /// - Precondition: `nanoseconds` is 0 to 999,999,999.
    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        precondition((0..<1_000_000_000).contains(nanoseconds))
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// Tells the wall-clock time. The one real implementation is made in CLI/Wiring.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// Tells how much time has passed, never set back. The one real implementation is made in
/// CLI/Wiring.
package protocol MonotonicClock: Sendable {
    /// Since an arbitrary origin, the same for the life of the process.
    func now() -> Duration
}
