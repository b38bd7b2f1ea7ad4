private import LocalDisk
package import ObjectStorage
private import Synchronization

// How bytes go away.
extension StagedFile {
    /// Free slots that are punched out of the data file once so many lie side by side: 1 MiB. Fewer
    /// are kept for the next writes.
    private static let punchedRun = 16
    /// Blocks that become holes under one hold of the lock.
    private static let holesPerTurn: UInt64 = 1024

    /// Sets the size: cuts, or lengthens with zeros.
    /// - Throws: `tooLarge`, `poisoned`, `discarded`.
    package func truncate(to newSize: UInt64) throws(StagingError) {
        guard newSize <= Self.maximumSize else { throw StagingError(.tooLarge) }
        let first = newSize / UInt64(RecordFormat.blockSize)
        try blocks.withLock(first..<UInt64.max) { () throws(StagingError) in
            try state.withLock { state throws(StagingError) in
                try state.checkWritable()
                state.setSize(newSize)
            }
        }
        punchFreeSlots()
    }

    /// Makes a range zeros without writing them; the size stays.
    /// - Throws: `baseContentMissing` as `write` does for the range's first and last block; and
    ///   what
    ///   `write` throws.
    package func zero(_ range: ByteRange) throws(StagingError) {
        let range = range.intersection(ByteRange(offset: 0, count: size))
        guard !range.isEmpty else { return }
        try blocks.withLock(Self.blocks(of: range)) { () throws(StagingError) in
            try zeroHeld(range)
        }
        try sealSurplus()
        punchFreeSlots()
    }

    private func zeroHeld(_ range: ByteRange) throws(StagingError) {
        let blockSize = UInt64(RecordFormat.blockSize)
        let zeros = [UInt8](repeating: 0, count: RecordFormat.blockSize)
        var position = range.offset
        while position < range.end {
            let block = position / blockSize
            let place = position % blockSize
            let whole = place == 0 ? (range.end - position) / blockSize : 0
            if whole > 0 {
                let count = min(whole, Self.holesPerTurn)
                try state.withLock { state throws(StagingError) in
                    try state.checkWritable()
                    state.makeHoles(block..<block + count)
                }
                position += count * blockSize
                continue
            }
            let end = min(range.end, (block + 1) * blockSize)
            if !isHole(block) {
                try writePart(
                    zeros.span.extracting(..<Int(end - position)), of: block, at: Int(place))
            }
            position = end
        }
    }

    private func isHole(_ block: UInt64) -> Bool {
        state.withLock { state in
            switch state.map[block].content {
            case .hole: true
            case .untouched: state.map.baseLength(of: block) == 0
            case .sealed, .buffered: false
            }
        }
    }

    /// Gives long runs of free slots back to the file system. Best effort: where it cannot, the
    /// slots stay for later writes, and the quota goes on counting them.
    private func punchFreeSlots() {
        let runs = state.withLock { state in
            state.slots.takeLongRuns(atLeast: Self.punchedRun)
        }
        for run in runs {
            let length = UInt64(run.count) * UInt64(RecordFormat.slotLength)
            do throws(DiskError) {
                try area.disk.punchHole(
                    ByteRange(offset: RecordFormat.offset(of: run.lowerBound), count: length),
                    in: file)
                let counted = state.withLock { state in
                    state.punchedSlots += UInt64(run.count)
                    return !state.isDiscarded
                }
                if counted { area.release(length) }
            } catch {
                // Not a failure of content: nothing points to these slots.
                state.withLock { $0.slots.release(run, durable: false) }
            }
        }
    }
}

extension StagedFile.State {
    fileprivate mutating func setSize(_ newSize: UInt64) {
        guard newSize != map.size else { return }
        let generation = change()
        guard newSize < map.size else {
            map.size = newSize
            return
        }
        let blockSize = UInt64(RecordFormat.blockSize)
        for block in map.cut(to: newSize, generation: generation) { releaseSlot(of: block) }
        let end = (newSize + blockSize - 1) / blockSize
        for block in buffers.keys where block >= end { buffers[block] = nil }
        let rest = Int(newSize % blockSize)
        if rest > 0, var buffer = buffers.removeValue(forKey: newSize / blockSize) {
            buffer.bytes.removeLast(max(0, buffer.bytes.count - rest))
            buffers[newSize / blockSize] = buffer
        }
        sealedPrefix = min(sealedPrefix, newSize / blockSize * blockSize)
    }

    fileprivate mutating func makeHoles(_ blocks: Range<UInt64>) {
        let generation = change()
        for block in blocks {
            releaseSlot(of: map.makeHole(block, generation: generation))
            buffers[block] = nil
        }
        sealedPrefix = min(sealedPrefix, blocks.lowerBound * UInt64(RecordFormat.blockSize))
    }
}
