private import Synchronization

/// Memory for one large read or write, allocated once and used again: a fresh array of a MiB costs
/// as many page faults as sealing it costs time.
@safe
package final class ByteBuffer: @unchecked Sendable {
    // `@unchecked`: used by one owner at a time, who took it from its pool under the pool's lock.
    private let address: UnsafeMutablePointer<UInt8>
    package let capacity: Int
    /// Bytes that the last `fill` left.
    package private(set) var count = 0

    /// - Parameter capacity: bytes, 1 or more.
    package init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        unsafe address = .allocate(capacity: capacity)
    }

    deinit {
        unsafe address.deallocate()
    }

    /// Replaces the content by what `body` appends; empty when it throws.
    /// - Parameter limit: bytes of room that `body` sees; all by default.
    package func fill<Failure: Error>(
        atMost limit: Int = .max,
        _ body: (inout OutputSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        count = 0
        let buffer = unsafe UnsafeMutableBufferPointer(start: address, count: min(limit, capacity))
        // SAFETY: the memory is ours for `capacity` bytes; bytes need no deinitialisation.
        var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
        try body(&output)
        count = unsafe output.finalize(for: buffer)
    }

    /// The content.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let buffer = unsafe UnsafeBufferPointer(start: address, count: count)
            // SAFETY: the memory lives as long as `self`, which the span borrows.
            return unsafe _overrideLifetime(buffer.span, borrowing: self)
        }
    }
}

/// Buffers of one size, kept for reuse up to a number.
package final class ByteBufferPool: Sendable {
    package let capacity: Int
    private let maximumIdle: Int
    private let idle = Mutex<[ByteBuffer]>([])

    /// - Parameters:
    ///   - capacity: bytes of each buffer.
    ///   - maximumIdle: buffers that are kept while nobody uses them.
    package init(capacity: Int, maximumIdle: Int) {
        self.capacity = capacity
        self.maximumIdle = maximumIdle
    }

    /// Lends a buffer for the time of `body`.
    package func withBuffer<Result, Failure: Error>(
        _ body: (ByteBuffer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let buffer = idle.withLock { $0.popLast() } ?? ByteBuffer(capacity: capacity)
        defer {
            idle.withLock { idle in
                if idle.count < maximumIdle { idle.append(buffer) }
            }
        }
        return try body(buffer)
    }
}

extension [UInt8] {
    /// Overwrites the bytes from `offset` on by a copy of `bytes`.
    /// - Precondition: they lie inside the array.
    package mutating func replace(at offset: Int, with bytes: Span<UInt8>) {
        precondition(offset >= 0 && bytes.count <= count - offset)
        // SAFETY: both regions hold `bytes.count` bytes by the check above, and cannot overlap.
        unsafe withUnsafeMutableBufferPointer { target in
            unsafe bytes.withUnsafeBufferPointer { source in
                if let to = target.baseAddress, let from = source.baseAddress {
                    unsafe (to + offset).update(from: from, count: source.count)
                }
            }
        }
    }
}
