internal import Glibc
internal import ObjectStorage

/// The machine's clocks: the one place where they are read.
struct SystemClocks: WallClock, MonotonicClock {
    private let origin = ContinuousClock.now

    func now() -> Timestamp {
        var time = timespec()
        // SAFETY: fills the structure that it is given; CLOCK_REALTIME never fails on Linux.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    func now() -> Duration {
        ContinuousClock.now - origin
    }
}
