private import LocalDisk
package import ObjectStorage
private import Synchronization

// How the object below gets in.
extension StagedFile {
    /// The base object's bytes that must be `fill`ed before `range` is written: of its first and
    /// last block, where they are changed in part. At most two runs of up to 64 KiB.
    package func missingRanges(forWrite range: ByteRange) -> [ByteRange] {
        guard !range.isEmpty else { return [] }
        let size = UInt64(RecordFormat.blockSize)
        return state.withLock { state -> [ByteRange] in
            let edges = Set([range.offset / size, (range.end - 1) / size]).sorted()
            var missing: [ByteRange] = []
            for block in edges where state.map.needsBase(block) {
                let base = ByteRange(
                    offset: block * size, count: UInt64(state.map.baseLength(of: block)))
                if range.intersection(base) != base { missing.append(base) }
            }
            return missing
        }
    }

    /// The base object's bytes that must be `fill`ed, or read from elsewhere, before `range` is
    /// read: whole blocks, coalesced.
    package func missingRanges(forRead range: ByteRange) -> [ByteRange] {
        state.withLock { state in
            state.map.missing(
                in: range.intersection(ByteRange(offset: 0, count: state.map.size)))
        }
    }

    /// Takes bytes of the base object, of the version that the file was made with.
    ///
    /// They become the content of the blocks that still need them; blocks written meanwhile stay as
    /// they are, and blocks of which `bytes` holds only a part are left out. Filling is no change.
    /// - Throws: what `write` throws.
    package func fill(_ bytes: Span<UInt8>, at offset: UInt64) throws(StagingError) {
        let range = ByteRange(offset: offset, count: UInt64(bytes.count))
        try blocks.withLock(Self.blocks(of: range)) { () throws(StagingError) in
            var position = range.offset
            while let run = nextRunToFill(in: range, from: position) {
                let start = Int(run.offset - offset)
                try sealBlocks(
                    bytes.extracting(start..<start + Int(run.count)),
                    from: run.offset / UInt64(RecordFormat.blockSize), origin: .base)
                position = run.end
            }
        }
    }

    /// The next bytes of `range` that are whole blocks in need of the base.
    private func nextRunToFill(in range: ByteRange, from position: UInt64) -> ByteRange? {
        let size = UInt64(RecordFormat.blockSize)
        return state.withLock { state -> ByteRange? in
            var block = (position + size - 1) / size
            var start: UInt64?
            var end = position
            while block * size < range.end {
                let blockEnd = block * size + UInt64(state.map.baseLength(of: block))
                if state.map.needsBase(block), blockEnd <= range.end {
                    start = start ?? block * size
                    end = blockEnd
                } else if start != nil {
                    break
                }
                block += 1
            }
            return start.map { ByteRange(offset: $0, count: end - $0) }
        }
    }
}
