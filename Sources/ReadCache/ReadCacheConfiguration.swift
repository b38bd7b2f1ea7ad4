/// The sizes that bound a read cache. All are bytes where the name says nothing else.
package struct ReadCacheConfiguration: Hashable, Sendable {
    /// Everything that the cache keeps: blocks in memory and bytes still to arrive. Blocks that a
    /// caller holds while it answers a read may stand above it, one read's worth each.
    package var memoryBudget: Int
    /// The unit of caching: the smallest GET, and what a waiter waits for. 128 KiB: the kernel's
    /// smallest read-ahead; 4 KiB random reads at 1 Gbit/s then cost 1 ms of transfer.
    package var blockSize: Int
    /// What the first read of a handle at offset 0 asks for: 1 MiB and one block more, since Linux
    /// reads 128 KiB beyond a first megabyte.
    package var firstRequestSize: Int
    /// The longest GET, and the unit of prefetch. 8 MiB: S3's advice for range requests is 8-16.
    package var partSize: Int
    /// The most that one handle may have ahead of its reader.
    package var maximumWindow: Int
    /// How far reads of one stream may arrive out of order: the kernel sends several requests of
    /// up to 1 MiB at once, and loop threads reorder them.
    package var reorderSlack: Int
    /// GETs in flight for the whole mount.
    package var maximumRequests: Int
    /// Of these, how many only a waiting reader may use, so that it never waits behind prefetch.
    package var requestsReservedForWaiters: Int
    /// A handle that has not read for so long gives its share of the budget to the others.
    package var idleAfter: Duration

    package init(
        memoryBudget: Int = 128 << 20, blockSize: Int = 128 << 10,
        firstRequestSize: Int = (1 << 20) + (128 << 10), partSize: Int = 8 << 20,
        maximumWindow: Int = 256 << 20, reorderSlack: Int = 4 << 20, maximumRequests: Int = 16,
        requestsReservedForWaiters: Int = 4, idleAfter: Duration = .seconds(10)
    ) {
        self.memoryBudget = memoryBudget
        self.blockSize = blockSize
        self.firstRequestSize = firstRequestSize
        self.partSize = partSize
        self.maximumWindow = maximumWindow
        self.reorderSlack = reorderSlack
        self.maximumRequests = maximumRequests
        self.requestsReservedForWaiters = requestsReservedForWaiters
        self.idleAfter = idleAfter
    }

    /// The same with every value in a range that works: sizes are whole blocks, at least one
    /// request is possible, and the budget holds two first requests.
    var normalized: ReadCacheConfiguration {
        var result = self
        result.blockSize = max(1, blockSize)
        func blocks(_ size: Int) -> Int {
            let count = max(1, size / result.blockSize + (size % result.blockSize > 0 ? 1 : 0))
            return count * result.blockSize
        }
        result.firstRequestSize = blocks(firstRequestSize)
        result.partSize = max(result.firstRequestSize, blocks(partSize))
        result.maximumWindow = max(result.partSize, blocks(maximumWindow))
        result.reorderSlack = max(0, reorderSlack)
        result.memoryBudget = max(memoryBudget, 2 * result.firstRequestSize)
        result.maximumRequests = max(1, maximumRequests)
        result.requestsReservedForWaiters = min(
            max(0, requestsReservedForWaiters), result.maximumRequests - 1)
        return result
    }
}
