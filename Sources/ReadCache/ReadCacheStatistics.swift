/// What a read cache did since it was made, and what it holds now.
package struct ReadCacheStatistics: Hashable, Sendable {
    /// Reads answered at once from memory.
    package var hits: UInt64 = 0
    /// Reads that had to wait for the store.
    package var waits: UInt64 = 0
    /// GETs begun.
    package var requests: UInt64 = 0
    /// Of these, the ones that no reader waited for when they began.
    package var prefetchRequests: UInt64 = 0
    /// GETs that ended with an error, cancelled ones not counted.
    package var failedRequests: UInt64 = 0
    /// GETs given up because nobody wanted their bytes any more.
    package var cancelledRequests: UInt64 = 0
    /// Bytes taken from the store into blocks.
    package var bytesFetched: UInt64 = 0
    /// Blocks dropped to make room.
    package var evictedBlocks: UInt64 = 0
    /// Bytes in blocks now.
    package var bytesResident: Int = 0
    /// Bytes that GETs in flight may still bring.
    package var bytesInFlight: Int = 0
    /// The highest sum of the two so far.
    package var peakBytes: Int = 0
}
