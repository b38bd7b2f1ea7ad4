private import LocalDisk
private import ObjectStorage
private import Synchronization

// How bytes get out.
extension StagedFile {
    /// Times that a read looks again when a block is overwritten under its eyes. Each means that a
    /// writer got further, so that more is not to be expected but under constant rewriting.
    private static let maximumLooks = 1000

    /// What the next bytes of a file are.
    fileprivate enum Step {
        case end
        case zeros(Int)
        case memory([UInt8], from: Int, count: Int)
        case records([Piece])
    }

    /// A part of a sealed block.
    fileprivate struct Piece {
        var block: UInt64
        var record: StagedBlock
        /// Bytes of the block that are wanted; behind the valid ones they are zeros.
        var range: Range<Int>
    }

    /// Appends the file's bytes from `offset` on until `output` is full or the file ends.
    /// - Throws: `baseContentMissing` at the first byte that only the base object has (see
    ///   `missingRanges(forRead:)`); bytes in front of it are appended. `damaged`, `diskFailed`:
    ///   the file is poisoned. `discarded`.
    package func read(
        at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(StagingError) {
        try read(at: offset, into: &output, most: output.freeCapacity, unchangedSince: nil)
    }

    /// - Parameters:
    ///   - most: bytes to append, at most the output's room.
    ///   - generation: `changed` is thrown at bytes that changed after it.
    func read(
        at offset: UInt64, into output: inout OutputSpan<UInt8>, most: Int,
        unchangedSince generation: UInt64?
    ) throws(StagingError) {
        let before = output.count
        var looks = 0
        while output.count - before < most {
            let done = output.count - before
            let position = offset + UInt64(done)
            switch try nextStep(at: position, most: most - done, generation) {
            case .end:
                return
            case .zeros(let count):
                output.append(repeating: 0, count: count)
            case .memory(let bytes, let start, let count):
                let inside = max(0, min(count, bytes.count - start))
                if inside > 0 {
                    output.append(copying: bytes.span.extracting(start..<start + inside))
                }
                output.append(repeating: 0, count: count - inside)
            case .records(let pieces):
                do throws(StagingError) {
                    try poisoningUnlessReplaced(pieces) { () throws(StagingError) in
                        try open(pieces, into: &output)
                    }
                } catch  where error.code == .changed && looks < Self.maximumLooks {
                    looks += 1
                }
            }
        }
    }

    private func nextStep(
        at position: UInt64, most: Int, _ generation: UInt64?
    ) throws(StagingError) -> Step {
        try state.withLock { state throws(StagingError) -> Step in
            if state.isDiscarded { throw StagingError(.discarded) }
            guard position < state.map.size else { return .end }
            let blockSize = UInt64(RecordFormat.blockSize)
            let limit = position + min(UInt64(most), state.map.size - position)
            var pieces: [Piece] = []
            var next = position
            while next < limit, pieces.count < StagingArea.recordsPerCall {
                let block = next / blockSize
                let entry = state.map[block]
                let from = Int(next % blockSize)
                let end = min(limit, (block + 1) * blockSize)
                let range = from..<from + Int(end - next)
                if let generation {
                    let bytes = ByteRange(offset: next, count: end - next)
                    if entry.changed > generation
                        || (state.map.lastCut > generation
                            && state.map.changed(in: bytes, since: generation))
                    {
                        throw StagingError(.changed)
                    }
                }
                guard case .sealed = entry.content, state.buffers[block] == nil else {
                    guard pieces.isEmpty else { break }
                    return try state.stepWithoutRecord(block, entry, range)
                }
                if let last = pieces.last, last.record.slot + 1 != entry.slot { break }
                pieces.append(Piece(block: block, record: entry, range: range))
                next = end
            }
            return .records(pieces)
        }
    }

    /// Opens records that lie side by side in the data file.
    private func open(
        _ pieces: [Piece], into output: inout OutputSpan<UInt8>
    ) throws(StagingError) {
        guard let first = pieces.first, let last = pieces.last else { return }
        let length =
            (pieces.count - 1) * RecordFormat.slotLength + RecordFormat.recordHeaderLength
            + Int(last.record.recordLength)
        try area.buffers.withBuffer { (buffer) throws(StagingError) in
            do throws(DiskError) {
                try buffer.fill(atMost: length) { (bytes) throws(DiskError) in
                    try area.disk.read(
                        file, at: RecordFormat.offset(of: first.record.slot), into: &bytes)
                }
            } catch {
                throw StagingError(error)
            }
            for (index, piece) in pieces.enumerated() {
                let start = min(buffer.count, index * RecordFormat.slotLength)
                let end = min(buffer.count, start + RecordFormat.slotLength)
                try open(piece, buffer.bytes.extracting(start..<end), into: &output)
            }
        }
    }

    private func open(
        _ piece: Piece, _ bytes: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(StagingError) {
        let record = piece.record
        let identity = RecordIdentity(
            block: piece.block, generation: record.generation, length: record.recordLength)
        let length = Int(record.recordLength)
        if piece.range.lowerBound == 0, piece.range.upperBound >= length,
            record.validLength == record.recordLength
        {
            try cipher.open(bytes, as: identity, into: &output)
            output.append(repeating: 0, count: piece.range.upperBound - length)
            return
        }
        let plain = try [UInt8](capacity: length) {
            (target: inout OutputSpan<UInt8>) throws(StagingError) in
            try cipher.open(bytes, as: identity, into: &target)
        }
        let valid = min(piece.range.upperBound, Int(record.validLength))
        let inside = max(0, valid - piece.range.lowerBound)
        if inside > 0 {
            output.append(
                copying: plain.span.extracting(
                    piece.range.lowerBound..<piece.range.lowerBound + inside))
        }
        output.append(repeating: 0, count: piece.range.count - inside)
    }

    /// The valid bytes of a sealed block. The caller holds the block.
    func openBlock(_ block: UInt64, _ record: StagedBlock) throws(StagingError) -> [UInt8] {
        let length = Int(record.validLength)
        return try [UInt8](capacity: RecordFormat.blockSize) {
            (output: inout OutputSpan<UInt8>) throws(StagingError) in
            try open([Piece(block: block, record: record, range: 0..<length)], into: &output)
        }
    }

    /// Runs `body`; when it fails, tells damage from a slot that a writer took meanwhile.
    /// - Throws: `changed` in the second case.
    private func poisoningUnlessReplaced(
        _ pieces: [Piece], _ body: () throws(StagingError) -> Void
    ) throws(StagingError) {
        do throws(StagingError) {
            try body()
        } catch {
            let isReplaced = state.withLock { state in
                pieces.contains { piece in
                    let now = state.map[piece.block]
                    return now.generation != piece.record.generation
                        || now.slot != piece.record.slot
                }
            }
            if error.code == .damaged, isReplaced { throw StagingError(.changed) }
            poison(error)
            throw error
        }
    }
}

extension StagedFile.State {
    fileprivate func stepWithoutRecord(
        _ block: UInt64, _ entry: StagedBlock, _ range: Range<Int>
    ) throws(StagingError) -> StagedFile.Step {
        if let buffer = buffers[block] {
            return .memory(buffer.bytes, from: range.lowerBound, count: range.count)
        }
        if case .untouched = entry.content, map.baseLength(of: block) > range.lowerBound {
            throw StagingError(.baseContentMissing)
        }
        return .zeros(range.count)
    }
}
