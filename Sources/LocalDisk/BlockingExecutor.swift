private import Glibc

/// Threads of its own for calls that block, so that they never hold up Swift's shared pool, which
/// has one thread per core.
///
/// Threads are made as work comes, up to the limit, and end with the executor. The queue is bounded
/// by its callers: each waits for its own closure.
package final class BlockingExecutor: Sendable {
    private let queue: WorkQueue

    /// - Parameter threads: at most so many run at once, 1 or more.
    package init(threads: Int) {
        precondition(threads > 0)
        queue = WorkQueue(limit: threads)
    }

    deinit {
        queue.stop()
    }

    /// Runs `body` on a thread of this executor and waits for it without holding a thread.
    package func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.add {
                continuation.resume(returning: Result { () throws(Failure) in try body() })
            }
        }
        return try result.get()
    }

    /// Runs `body` some time later on a thread of this executor.
    package func enqueue(_ body: @escaping @Sendable () -> Void) {
        queue.add(body)
    }
}

/// What executor and threads share: a queue behind a lock with a condition.
@safe
private final class WorkQueue: @unchecked Sendable {
    // `@unchecked`: `jobs`, `threads`, `idle` and `stopped` are touched under `lock` only.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let added: UnsafeMutablePointer<pthread_cond_t>
    private let limit: Int
    private var jobs: [@Sendable () -> Void] = []
    private var next = 0
    private var threads = 0
    private var idle = 0
    private var stopped = false

    init(limit: Int) {
        self.limit = limit
        // SAFETY: both are initialised here and destroyed in `deinit`, at a fixed address.
        unsafe lock = .allocate(capacity: 1)
        unsafe added = .allocate(capacity: 1)
        unsafe lock.initialize(to: pthread_mutex_t())
        unsafe added.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(added, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(added)
        unsafe pthread_mutex_destroy(lock)
        unsafe added.deallocate()
        unsafe lock.deallocate()
    }

    func add(_ job: @escaping @Sendable () -> Void) {
        unsafe pthread_mutex_lock(lock)
        jobs.append(job)
        let needsThread = idle < jobs.count - next && threads < limit
        if needsThread { threads += 1 }
        unsafe pthread_cond_signal(added)
        unsafe pthread_mutex_unlock(lock)
        if needsThread { startThread() }
    }

    func stop() {
        unsafe pthread_mutex_lock(lock)
        stopped = true
        unsafe pthread_cond_broadcast(added)
        unsafe pthread_mutex_unlock(lock)
    }

    /// A thread's life: takes jobs until the executor is gone and the queue is empty.
    fileprivate func work() {
        while let job = take() { job() }
    }

    private func take() -> (@Sendable () -> Void)? {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe _ = pthread_mutex_unlock(lock) }
        while next == jobs.count {
            if stopped { return nil }
            idle += 1
            unsafe pthread_cond_wait(added, lock)
            idle -= 1
        }
        let job = jobs[next]
        next += 1
        // Drops what is done when it is most of the array: constant time on average.
        if next * 2 >= jobs.count {
            jobs.removeFirst(next)
            next = 0
        }
        return job
    }

    private func startThread() {
        var thread = pthread_t()
        // The thread owns one reference of the queue, which `runWorkQueue` takes over.
        let reference = unsafe Unmanaged.passRetained(self).toOpaque()
        let result = unsafe pthread_create(&thread, nil, runWorkQueue, reference)
        if result == 0 {
            pthread_detach(thread)
            return
        }
        unsafe Unmanaged<WorkQueue>.fromOpaque(reference).release()
        unsafe pthread_mutex_lock(lock)
        threads -= 1
        let alone = threads == 0
        unsafe pthread_mutex_unlock(lock)
        // Without any thread the caller would wait for ever: its thread does the work.
        if alone, let job = takeNow() { job() }
    }

    private func takeNow() -> (@Sendable () -> Void)? {
        unsafe pthread_mutex_lock(lock)
        let empty = next == jobs.count
        unsafe pthread_mutex_unlock(lock)
        return empty ? nil : take()
    }
}

private func runWorkQueue(_ reference: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let reference = unsafe reference else { return nil }
    // SAFETY: `startThread` retained the queue for this thread.
    unsafe Unmanaged<WorkQueue>.fromOpaque(reference).takeRetainedValue().work()
    return nil
}
