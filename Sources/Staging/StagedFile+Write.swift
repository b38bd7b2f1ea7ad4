private import LocalDisk
internal import ObjectStorage
private import Synchronization

// How bytes get in.
extension StagedFile {
    /// Writes `bytes` at `offset`; the file grows where they reach behind its end.
    ///
    /// Whole blocks are sealed from `bytes` itself, 16 to a disk call; partly written ones wait in
    /// memory until they are full.
    /// - Throws: `baseContentMissing` when a block is changed in part whose base content is not
    ///   here
    ///   (see `missingRanges(forWrite:)`): nothing is poisoned. `quotaExceeded`, `readOnly`,
    ///   `diskFailed`: the file is poisoned. `tooLarge`, `poisoned`, `discarded`.
    package func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(StagingError) {
        guard !bytes.isEmpty else { return }
        guard offset <= Self.maximumSize - UInt64(bytes.count) else {
            throw StagingError(.tooLarge)
        }
        let range = ByteRange(offset: offset, count: UInt64(bytes.count))
        try blocks.withLock(Self.blocks(of: range)) { () throws(StagingError) in
            try writeHeld(bytes, at: offset)
        }
        try sealSurplus()
    }

    private func writeHeld(_ bytes: Span<UInt8>, at offset: UInt64) throws(StagingError) {
        let size = RecordFormat.blockSize
        var done = 0
        while done < bytes.count {
            let position = offset + UInt64(done)
            let block = position / UInt64(size)
            let place = Int(position % UInt64(size))
            let left = bytes.count - done
            let length = place == 0 && left >= size ? left / size * size : min(left, size - place)
            let piece = bytes.extracting(done..<done + length)
            if length >= size {
                try sealBlocks(piece, from: block, origin: .written)
            } else {
                try writePart(piece, of: block, at: place)
            }
            done += length
        }
    }

    /// Changes a block in part. The caller holds the block.
    func writePart(
        _ piece: Span<UInt8>, of block: UInt64, at place: Int
    ) throws(StagingError) {
        var loaded: [UInt8] = []
        if let record = try recordToLoad(for: piece, of: block, at: place) {
            loaded = try poisoning { () throws(StagingError) in
                try openBlock(block, record)
            }
        }
        try poisoning { () throws(StagingError) in
            try state.withLock { state throws(StagingError) in
                try state.apply(piece, to: block, at: place, over: loaded, in: area)
            }
        }
        if place + piece.count == RecordFormat.blockSize {
            // A stream of small writes will not come back to this block.
            try sealBuffer(of: block, keeping: false)
        }
    }

    /// The record whose content must be known before a part of it is changed; nil for none.
    private func recordToLoad(
        for piece: Span<UInt8>, of block: UInt64, at place: Int
    ) throws(StagingError) -> StagedBlock? {
        try state.withLock { state throws(StagingError) -> StagedBlock? in
            try state.checkWritable()
            if state.buffers[block] != nil { return nil }
            let entry = state.map[block]
            switch entry.content {
            case .untouched:
                let base = state.map.baseLength(of: block)
                guard base == 0 || (place == 0 && piece.count >= base) else {
                    throw StagingError(.baseContentMissing)
                }
                return nil
            case .sealed:
                return place == 0 && piece.count >= Int(entry.validLength) ? nil : entry
            case .hole, .buffered:
                return nil
            }
        }
    }

    /// The blocks that hold bytes of a range.
    static func blocks(of range: ByteRange) -> Range<UInt64> {
        guard !range.isEmpty else { return 0..<0 }
        let size = UInt64(RecordFormat.blockSize)
        return range.offset / size..<(range.end - 1) / size + 1
    }
}

extension StagedFile.State {
    /// Puts a piece into a block's buffer.
    /// - Parameter loaded: the block's content when it has no buffer yet.
    fileprivate mutating func apply(
        _ piece: Span<UInt8>, to block: UInt64, at place: Int, over loaded: [UInt8],
        in area: StagingArea
    ) throws(StagingError) {
        try checkWritable()
        var entry = map[block]
        if buffers[block]?.isDirty != true {
            let slot = try takeSlots(1, of: area)
            releaseSlot(of: entry)
            entry.content = .buffered
            entry.slot = slot.first?.lowerBound ?? 0
        }
        entry.changed = change()
        map[block] = entry
        // Taken out, so that its array is changed in place.
        var buffer =
            buffers.removeValue(forKey: block)
            ?? BlockBuffer(bytes: loaded, isDirty: true, lastUse: 0)
        buffer.bytes.reserveCapacity(RecordFormat.blockSize)
        while buffer.bytes.count < place {
            buffer.bytes.append(contentsOf: repeatElement(0, count: place - buffer.bytes.count))
        }
        let inside = min(piece.count, buffer.bytes.count - place)
        buffer.bytes.replace(at: place, with: piece.extracting(..<inside))
        buffer.bytes.append(copying: piece.extracting(inside...))
        buffer.isDirty = true
        buffer.lastUse = generation
        buffers[block] = buffer
        let start = block * UInt64(RecordFormat.blockSize)
        sealedPrefix = min(sealedPrefix, start)
        map.size = max(map.size, start + UInt64(place + piece.count))
    }
}
