import ObjectStorage

/// Watches the reads of one handle and says what to ask for ahead of them. Pure.
///
/// It follows one run of reads. Reads of a run may arrive out of order within `reorderSlack`. One
/// read elsewhere is a strike; two in a row move the run there and forget what was planned.
struct ReadWindow {
    private struct Run {
        var start: UInt64
        /// The highest end of a read.
        var frontier: UInt64
        /// The sum of the reads; near `frontier - start` when the run is dense.
        var bytes: UInt64
        var reads = 1

        init(_ range: ByteRange) {
            start = range.offset
            frontier = range.end
            bytes = range.count
        }
    }

    private let blockSize: UInt64
    private let firstSize: UInt64
    private let partSize: UInt64
    private let slack: UInt64
    private var run: Run?
    private var elsewhere: Run?
    private var strikes = 0
    private var followsRun = false
    private var isSuspended = false
    private var growthMark: UInt64 = 0

    /// How many bytes to keep ahead of the reader; 0 until the run is known to be sequential.
    private(set) var size: UInt64 = 0
    /// Everything of the run below this offset was asked for; 0 when nothing was.
    private(set) var scheduledEnd: UInt64 = 0

    /// - Parameter configuration: a normalized one.
    init(_ configuration: ReadCacheConfiguration) {
        blockSize = UInt64(configuration.blockSize)
        firstSize = UInt64(configuration.firstRequestSize)
        partSize = UInt64(configuration.partSize)
        slack = UInt64(configuration.reorderSlack)
    }

    /// Takes note of a read that is not empty.
    /// - Returns: whether the run moved away, so that what was asked for ahead is of no more use.
    mutating func observe(_ range: ByteRange) -> Bool {
        guard run != nil else {
            run = Run(range)
            followsRun = true
            return false
        }
        if let run, isNear(range, run, plannedEnd: scheduledEnd) {
            self.run = absorbing(range, into: run)
            strikes = 0
            followsRun = true
            return false
        }
        followsRun = false
        strikes += 1
        if let elsewhere, isNear(range, elsewhere, plannedEnd: 0) {
            self.elsewhere = absorbing(range, into: elsewhere)
        } else {
            elsewhere = Run(range)
        }
        guard strikes >= 2 else { return false }
        let hadPlan = scheduledEnd > 0
        run = elsewhere
        elsewhere = nil
        strikes = 0
        followsRun = true
        forgetPlan()
        return hadPlan
    }

    /// How far a GET from `start` for a waiting reader should go: `end`, or more when the run is
    /// sequential and the bytes behind `end` were not asked for yet.
    mutating func extend(
        from start: UInt64, to end: UInt64, limit: UInt64, objectSize: UInt64
    ) -> UInt64 {
        guard followsRun, !isSuspended, start >= scheduledEnd, isSequential else { return end }
        if size == 0 { size = min(firstSize, limit) }
        scheduledEnd = min(objectSize, max(end, start + min(size, partSize)))
        return scheduledEnd
    }

    /// Takes note that a read that was just observed must wait for the bytes at `offset`: the
    /// window doubles, once for each time that the reader catches up with it.
    mutating func readerWaits(at offset: UInt64, limit: UInt64) {
        guard followsRun, !isSuspended, size > 0, let run, offset >= growthMark else { return }
        guard growthMark > 0 else {
            // The first wait of a run says nothing about the window.
            growthMark = max(1, scheduledEnd)
            return
        }
        size = min(limit, size < partSize ? partSize : 2 * size)
        growthMark = max(scheduledEnd, run.frontier + size)
    }

    /// Whether `plan` may have something to ask for. Cheap: called for each read.
    func wantsPlan(objectSize: UInt64) -> Bool {
        guard followsRun, !isSuspended, let run, scheduledEnd < objectSize || size == 0
        else { return false }
        guard size > 0 else { return isSequential && run.frontier < objectSize }
        return ahead(of: run) <= size / 2
    }

    /// What to ask for now, to be cut into parts; nil for nothing. It counts as asked for.
    /// - Parameter limit: the handle's share of the budget.
    mutating func plan(limit: UInt64, objectSize: UInt64) -> ByteRange? {
        guard wantsPlan(objectSize: objectSize), isSequential, let run else { return nil }
        if size == 0 {
            size = firstSize
        } else if size < partSize {
            // The reader has used half of the first request: it means to go on.
            size = partSize
        }
        size = min(size, limit)
        let start = max(scheduledEnd, run.frontier / blockSize * blockSize)
        let ahead = start - min(start, run.frontier)
        guard start < objectSize, ahead <= size / 2 else { return nil }
        let unit = min(size, partSize)
        let count = max(unit, (size - ahead) / unit * unit)
        let end = min(objectSize, start + count)
        scheduledEnd = end
        return ByteRange(offset: start, count: end - start)
    }

    /// Memory is short: half the window, and what begins at `offset` was not asked for after all.
    mutating func shrink(droppedAt offset: UInt64) {
        size = max(min(size, firstSize), size / 2)
        scheduledEnd = min(scheduledEnd, offset)
    }

    /// A GET of the run failed at `offset`: nothing more ahead until the reader got there itself.
    mutating func suspend(failedAt offset: UInt64) {
        isSuspended = true
        scheduledEnd = min(scheduledEnd, offset)
        size = min(size, firstSize)
        growthMark = 0
    }

    /// A read that had to wait was answered: the store works.
    mutating func resume() {
        isSuspended = false
    }

    /// Whether bytes that were fetched ahead may still be read by the run.
    func mayRead(_ range: ByteRange) -> Bool {
        guard let run else { return false }
        return range.end + slack > run.frontier && range.offset < scheduledEnd
    }

    /// Whether the run reads on and on: most of its bytes since its start were read, and either it
    /// began at the object's start or there is enough to judge by: a random read of 256 KiB may
    /// come as two requests of 128.
    private var isSequential: Bool {
        guard let run else { return false }
        if run.start == 0, run.frontier <= firstSize { return true }
        return run.reads >= 3 && run.bytes >= 4 * blockSize
            && run.bytes >= (run.frontier - run.start) / 2
    }

    private func ahead(of run: Run) -> UInt64 {
        scheduledEnd - min(scheduledEnd, run.frontier)
    }

    private func isNear(_ range: ByteRange, _ run: Run, plannedEnd: UInt64) -> Bool {
        range.offset <= max(run.frontier + slack, plannedEnd)
            && range.offset + slack >= run.frontier
    }

    private func absorbing(_ range: ByteRange, into run: Run) -> Run {
        var run = run
        run.start = min(run.start, range.offset)
        run.frontier = max(run.frontier, range.end)
        run.bytes += range.count
        run.reads += 1
        // Old reads count half each time, so that a run that skips for a while recovers.
        if run.frontier - run.start > partSize {
            run.start += (run.frontier - run.start) / 2
            run.bytes /= 2
        }
        return run
    }

    private mutating func forgetPlan() {
        size = 0
        scheduledEnd = 0
        growthMark = 0
        isSuspended = false
    }
}
