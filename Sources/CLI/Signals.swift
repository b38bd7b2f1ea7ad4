internal import Glibc

/// The signals that end a mount in order.
enum Signals {
    /// Blocks them in this thread and all that it starts, and ignores SIGPIPE. Call before any
    /// other thread is started.
    static func block() -> sigset_t {
        var set = sigset_t()
        // SAFETY: the set is initialised before use.
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        return set
    }

    /// Waits for one of them. Blocks the calling thread.
    static func wait(for set: sigset_t) -> Int32 {
        var set = set
        var number: Int32 = 0
        // SAFETY: both are valid for the call.
        while unsafe sigwait(&set, &number) != 0 {}
        return number
    }
}
