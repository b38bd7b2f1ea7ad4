import ObjectStorage
import Synchronization

/// Cuts the body of one GET into blocks as it arrives, with one copy.
final class BlockSink: ByteSink {
    private struct Filling {
        var bytes: [UInt8] = []
        /// Of the object, where `bytes` begins; a multiple of the block size.
        var offset: UInt64
    }

    private let range: ByteRange
    private let blockSize: Int
    private let deliver: @Sendable (CacheBlock, UInt64) -> Bool
    /// Taken by one `receive` at a time, as `ByteSink` promises; locked for the compiler's sake.
    private let filling: Mutex<Filling>

    /// - Parameters:
    ///   - range: begins at a block's start.
    ///   - deliver: takes a block and its index; false stops the transfer.
    init(
        range: ByteRange, blockSize: Int,
        deliver: @escaping @Sendable (CacheBlock, UInt64) -> Bool
    ) {
        self.range = range
        self.blockSize = blockSize
        self.deliver = deliver
        filling = Mutex(Filling(offset: range.offset))
    }

    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError) {
        var current = filling.withLock { state in
            let taken = state
            state.bytes = []
            return taken
        }
        var position = 0
        while position < bytes.count {
            let blockEnd = min(current.offset + UInt64(blockSize), range.end)
            let length = Int(blockEnd - current.offset)
            guard length > 0 else {
                throw ObjectStoreError(
                    .malformedResponse, operation: "GetObject", detail: "the body is too long")
            }
            if current.bytes.isEmpty { current.bytes.reserveCapacity(length) }
            let count = min(length - current.bytes.count, bytes.count - position)
            current.bytes.append(copying: bytes.extracting(position..<position + count))
            position += count
            guard current.bytes.count == length else { break }
            let block = CacheBlock(current.bytes)
            let index = current.offset / UInt64(blockSize)
            current = Filling(offset: blockEnd)
            guard deliver(block, index) else {
                throw ObjectStoreError(.cancelled, operation: "GetObject")
            }
        }
        let rest = current
        filling.withLock { $0 = rest }
    }
}
