private import Glibc
import ObjectStorage

/// The machine's clock: the servers check signatures against theirs.
struct SystemClock: WallClock {
    func now() -> Timestamp {
        var time = timespec()
        // SAFETY: the call fills one timespec.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }
}
