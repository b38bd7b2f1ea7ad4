internal import Glibc

/// The signals that end a mount in order, through a pipe: waiting for blocked signals is no way
/// here, because libdispatch keeps a thread that takes all of them.
enum Signals {
    /// Takes the signals from now on, and ignores SIGPIPE.
    /// - Returns: where `wait` reads them; nil when no pipe could be made.
    static func take() -> Int32? {
        var ends: [Int32] = [-1, -1]
        // SAFETY: fills the two elements.
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        unsafe signalPipe = ends[1]
        var action = sigaction()
        // SAFETY: the handler does nothing but write(2), which is async-signal-safe.
        unsafe action.__sigaction_handler.sa_handler = { number in
            var byte = UInt8(truncatingIfNeeded: number)
            let saved = errno
            _ = unsafe write(signalPipe, &byte, 1)
            errno = saved
        }
        action.sa_flags = SA_RESTART
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaction(number, &action, nil) }
        signal(SIGPIPE, SIG_IGN)
        return ends[0]
    }

    /// Waits for a signal. Blocks the calling thread.
    static func wait(_ pipe: Int32) -> Int32 {
        var byte: UInt8 = 0
        // SAFETY: reads one byte.
        while unsafe read(pipe, &byte, 1) != 1 {}
        return Int32(byte)
    }
}

// SAFETY: no lock: written once in `take`, before the handler that reads it is installed.
private nonisolated(unsafe) var signalPipe: Int32 = -1
