// The standard library cannot yet copy between spans and arrays in one step; these are the two
// places of the project that do.

extension OutputSpan where Element == UInt8 {
    /// Appends a copy of `bytes`.
    /// - Precondition: `bytes.count` is at most `freeCapacity`.
    @_lifetime(self: copy self)
    package mutating func append(copying bytes: Span<UInt8>) {
        precondition(bytes.count <= freeCapacity)
        // SAFETY: both regions are valid for `bytes.count` bytes by the check above, cannot overlap
        // (the output is exclusively ours) and bytes need no initialisation beyond the copy.
        unsafe withUnsafeMutableBufferPointer { target, initialized in
            unsafe bytes.withUnsafeBufferPointer { source in
                if let base = target.baseAddress, let from = source.baseAddress {
                    unsafe (base + initialized).update(from: from, count: source.count)
                }
            }
            initialized += bytes.count
        }
    }
}

extension [UInt8] {
    /// Appends a copy of `bytes`.
    package mutating func append(copying bytes: Span<UInt8>) {
        // SAFETY: the pointer is used inside the closure only.
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// A copy of `bytes`.
    package init(copying bytes: Span<UInt8>) {
        self = []
        append(copying: bytes)
    }
}
