/// A complete, unchanging block of one version of an object.
///
/// The bytes live as long as the block is referenced, whatever the cache evicts meanwhile.
package final class CacheBlock: Sendable {
    /// The bytes: one block size, or less at the object's end.
    package let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// The answer to a read: pieces of blocks, in order, without a gap.
package struct BlockSlices: Sendable {
    /// Each range counts bytes inside its block and is not empty.
    package var slices: [(block: CacheBlock, range: Range<Int>)]
    /// Bytes in all slices.
    package var count: Int

    /// No bytes: the answer at the object's end.
    package init() {
        slices = []
        count = 0
    }

    /// A copy of the bytes in one piece, for callers that are not the kernel.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        for (block, range) in slices { result.append(contentsOf: block.bytes[range]) }
        return result
    }

    mutating func append(_ block: CacheBlock, range: Range<Int>) {
        slices.append((block, range))
        count += range.count
    }
}
