internal import CLibFUSE3
internal import Glibc

/// A thread of our own, outside Swift's pool, for a loop that blocks.
package enum LoopThread {
    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Starts a detached thread.
    /// - Returns: false when the system has no more threads.
    package static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        // SAFETY: the attribute object is initialised before and destroyed after its use.
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let body = unsafe Unmanaged.passRetained(Body(run))
        // SAFETY: the retained body is given back by the thread, or below when there is none.
        let status = unsafe pthread_create(
            &thread, &attributes,
            { raw in
                guard let raw = unsafe raw else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(raw).takeRetainedValue()
                body.run()
                return nil
            }, body.toOpaque())
        if status != 0 { unsafe body.release() }
        return status == 0
    }
}
