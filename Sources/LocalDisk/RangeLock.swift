private import Glibc

/// Locks runs of numbers (blocks of a file) against each other: overlapping runs one after the
/// other, others at once.
///
/// A holder may make disk calls, but must not lock a second run: two could wait for each other.
@safe
package final class RangeLock: @unchecked Sendable {
    // `@unchecked`: `held` is touched under `lock` only.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let released: UnsafeMutablePointer<pthread_cond_t>
    /// As many as there are threads inside.
    private var held: [Range<UInt64>] = []

    package init() {
        // SAFETY: both are initialised here and destroyed in `deinit`, at a fixed address.
        unsafe lock = .allocate(capacity: 1)
        unsafe released = .allocate(capacity: 1)
        unsafe lock.initialize(to: pthread_mutex_t())
        unsafe released.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(released, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(released)
        unsafe pthread_mutex_destroy(lock)
        unsafe released.deallocate()
        unsafe lock.deallocate()
    }

    /// Runs `body` while no other holder has a number of `range`.
    package func withLock<Result, Failure: Error>(
        _ range: Range<UInt64>, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        acquire(range)
        defer { release(range) }
        return try body()
    }

    private func acquire(_ range: Range<UInt64>) {
        unsafe pthread_mutex_lock(lock)
        while held.contains(where: { $0.overlaps(range) }) {
            unsafe pthread_cond_wait(released, lock)
        }
        held.append(range)
        unsafe pthread_mutex_unlock(lock)
    }

    private func release(_ range: Range<UInt64>) {
        unsafe pthread_mutex_lock(lock)
        if let index = held.firstIndex(of: range) { held.remove(at: index) }
        unsafe pthread_cond_broadcast(released)
        unsafe pthread_mutex_unlock(lock)
    }
}
