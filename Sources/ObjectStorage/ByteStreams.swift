/// Bytes that can be read again from any place: what an upload sends, and sends again on a retry.
package protocol ByteSource: Sendable {
    /// How many bytes there are.
    var count: UInt64 { get }

    /// Appends bytes from `offset` on until `output` is full or the source ends.
    ///
    /// May block for the local disk. Called from one thread at a time for one request, but several
    /// requests may read one source at once.
    /// - Parameter offset: 0 to `count`.
    /// - Throws: `localDisk` or `localDataDamaged`; the request fails with it.
    func read(at offset: UInt64, into output: inout OutputSpan<UInt8>) throws(ObjectStoreError)
}

/// Takes an object's bytes as they arrive.
package protocol ByteSink: Sendable {
    /// Takes the next bytes. Called on a transfer thread, in order, one call at a time; must not
    /// block for long. A retried transfer goes on behind the last byte that was taken.
    /// - Throws: any code; the transfer stops and fails with it.
    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError)
}

/// A byte source over memory.
package struct MemorySource: ByteSource {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var count: UInt64 { UInt64(bytes.count) }

    package func read(
        at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(ObjectStoreError) {
        guard offset < count else { return }
        let start = Int(offset)
        let length = min(output.freeCapacity, bytes.count - start)
        output.append(copying: bytes.span.extracting(start..<start + length))
    }
}
