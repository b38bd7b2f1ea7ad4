/// Measures time on any clock.
struct Stopwatch: Sendable {
    private let read: @Sendable () -> Duration

    /// Starts.
    init(_ clock: any Clock<Duration>) {
        self = Self.started(clock)
    }

    private init(read: @escaping @Sendable () -> Duration) {
        self.read = read
    }

    /// Time since the start.
    var elapsed: Duration { read() }

    private static func started<C: Clock<Duration>>(_ clock: C) -> Stopwatch {
        let start = clock.now
        return Stopwatch { start.duration(to: clock.now) }
    }
}
