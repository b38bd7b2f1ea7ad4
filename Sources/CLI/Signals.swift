internal import Glibc
internal import Synchronization

/// The signals that end a mount in order.
///
/// A handler writes each to a pipe from which `wait` reads. A mask and `sigwait` would not do: the
/// main thread and those of the Swift runtime exist before us, and the kernel gives a signal to any
/// thread that does not block it.
enum Signals {
    /// Ignores SIGPIPE and catches SIGTERM, SIGINT and SIGHUP for `wait`.
    static func catchAll() throws(LaunchError) {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        // SAFETY: the array has room for the two descriptors.
        guard unsafe ends.withUnsafeMutableBufferPointer({ unsafe pipe($0.baseAddress) }) == 0
        else { throw LaunchError("No pipe for signals could be made: \(SystemError.text).") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd.store(ends[0], ordering: .relaxed)
        writeEnd.store(ends[1], ordering: .relaxed)
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, noteSignal) }
    }

    /// Waits for the next one. Blocks the calling thread.
    static func wait() -> Int32 {
        var number: UInt8 = 0
        // SAFETY: reads one byte into the variable.
        while unsafe read(readEnd.load(ordering: .relaxed), &number, 1) != 1 {}
        return Int32(number)
    }
}

private let readEnd = Atomic<Int32>(-1)
private let writeEnd = Atomic<Int32>(-1)

/// Runs inside a signal handler: only what `man 7 signal-safety` lists.
private func noteSignal(_ number: Int32) {
    let saved = errno
    var byte = UInt8(truncatingIfNeeded: number)
    // SAFETY: writes one byte of the variable.
    _ = unsafe write(writeEnd.load(ordering: .relaxed), &byte, 1)
    errno = saved
}
