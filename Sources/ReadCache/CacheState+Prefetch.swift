import ObjectStorage

extension CacheState {
    /// GETs ahead that may wait for their turn: four rounds of the default 16 in flight. A window
    /// that is larger than that asks for the rest later.
    private static var maximumQueuedAhead: Int { 64 }

    /// Queues what a reader's window wants ahead.
    mutating func prefetch(for reader: UInt64, now: Duration) {
        guard let record = readers[reader],
            record.window.wantsPlan(objectSize: record.objectSize)
        else { return }
        let limit = windowLimit(for: reader, now: now)
        guard
            let range = readers[reader]?.window.plan(limit: limit, objectSize: record.objectSize)
        else { return }
        activeReaders.insert(reader)
        let blocks = range.offset / blockSize..<(range.end + blockSize - 1) / blockSize
        queueTransfers(
            for: blocks, wanted: blocks.lowerBound, version: record.version, reader: reader,
            objectSize: record.objectSize)
    }

    /// Whether another GET ahead may be queued.
    var mayQueueAhead: Bool { ahead.count < Self.maximumQueuedAhead }

    /// How much one reader may have ahead: its share of half the budget, at least a first request.
    mutating func windowLimit(for reader: UInt64, now: Duration) -> UInt64 {
        if activeReaders.count > 1 {
            activeReaders = activeReaders.filter { other in
                guard let record = readers[other] else { return false }
                return other == reader || now - record.lastRead < configuration.idleAfter
            }
        }
        let others = activeReaders.count - (activeReaders.contains(reader) ? 1 : 0)
        let share = configuration.memoryBudget / 2 / (others + 1)
        let blocks = max(share, configuration.firstRequestSize) / configuration.blockSize
        return UInt64(min(configuration.maximumWindow, blocks * configuration.blockSize))
    }
}
