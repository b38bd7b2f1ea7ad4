private import Glibc

/// A thread of its own for a loop that blocks.
@safe
final class TransferThread: @unchecked Sendable {
    // `@unchecked`: immutable after `init`; `join` is called once, by the transport's shutdown.
    private let thread: pthread_t

    /// Starts the loop; nil when the system refuses a thread.
    init?(running loop: TransferLoop) {
        var thread = pthread_t()
        // SAFETY: the thread releases the reference; where none starts, this does.
        let context = unsafe Unmanaged.passRetained(loop).toOpaque()
        guard unsafe pthread_create(&thread, nil, runTransferLoop, context) == 0 else {
            unsafe Unmanaged<TransferLoop>.fromOpaque(context).release()
            return nil
        }
        self.thread = thread
    }

    /// Waits for the loop's end. Once.
    func join() {
        pthread_join(thread, nil)
    }

    /// Lets the thread end by itself. In place of `join`.
    func detach() {
        pthread_detach(thread)
    }
}

/// The thread's entry. A free function: a closure could inherit an actor.
private func runTransferLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    // A peer that closes early must not end the process: a write then fails with EPIPE instead. All
    // other signals belong to the main thread too.
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    // SAFETY: `init` passed a retained loop.
    unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
