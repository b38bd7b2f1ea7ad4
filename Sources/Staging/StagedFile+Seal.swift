private import Checksums
private import LocalDisk
private import ObjectStorage
private import Synchronization

// How blocks become records.
extension StagedFile {
    /// Where sealed blocks come from.
    enum Origin {
        case written
        /// The base object's own bytes: no change.
        case base
    }

    private struct Ticket {
        var slots: [Range<UInt64>]
        /// Of the first record; the others follow.
        var generation: UInt64
    }

    /// Seals consecutive blocks and puts their records into the map. The caller holds the blocks.
    /// - Parameter bytes: from the first block's beginning; the last block may be short.
    func sealBlocks(
        _ bytes: Span<UInt8>, from first: UInt64, origin: Origin
    ) throws(StagingError) {
        var done = 0
        let most = StagingArea.recordsPerCall * RecordFormat.blockSize
        while done < bytes.count {
            let length = min(most, bytes.count - done)
            try sealRun(
                bytes.extracting(done..<done + length),
                from: first + UInt64(done / RecordFormat.blockSize), origin: origin)
            done += length
        }
    }

    private func sealRun(
        _ bytes: Span<UInt8>, from first: UInt64, origin: Origin
    ) throws(StagingError) {
        let count = (bytes.count + RecordFormat.blockSize - 1) / RecordFormat.blockSize
        let ticket = try poisoning { () throws(StagingError) in
            try state.withLock { state throws(StagingError) in
                try state.checkWritable()
                let slots = try state.takeSlots(UInt64(count), of: area)
                let generation = state.generation + 1
                state.generation += UInt64(count)
                return Ticket(slots: slots, generation: generation)
            }
        }
        let checksums: [UInt64]
        do throws(StagingError) {
            checksums = try poisoning { () throws(StagingError) in
                try writeRecords(bytes, from: first, ticket)
            }
        } catch {
            state.withLock { state in
                for run in ticket.slots { state.slots.release(run, durable: false) }
            }
            throw error
        }
        let end = first * UInt64(RecordFormat.blockSize) + UInt64(bytes.count)
        state.withLock { state in
            guard !state.isDiscarded else { return }
            let changed = origin == .written ? state.change() : 0
            for (index, slot) in ticket.slots.joined().enumerated() {
                let block = first + UInt64(index)
                state.releaseSlot(of: state.map[block])
                state.buffers[block] = nil
                let length = UInt32(
                    min(RecordFormat.blockSize, bytes.count - index * RecordFormat.blockSize))
                state.map[block] = StagedBlock(
                    content: .sealed, slot: slot, generation: ticket.generation + UInt64(index),
                    changed: changed, recordLength: length, validLength: length,
                    checksum: checksums[index])
            }
            if origin == .written { state.map.size = max(state.map.size, end) }
        }
    }

    /// Seals and writes the records of a ticket, one disk call for each run of slots.
    /// - Returns: each block's CRC64NVME.
    private func writeRecords(
        _ bytes: Span<UInt8>, from first: UInt64, _ ticket: Ticket
    ) throws(StagingError) -> [UInt64] {
        var checksums: [UInt64] = []
        checksums.reserveCapacity(StagingArea.recordsPerCall)
        for run in ticket.slots {
            try area.buffers.withBuffer { (buffer) throws(StagingError) in
                try buffer.fill { (output) throws(StagingError) in
                    for _ in run {
                        let index = checksums.count
                        let start = index * RecordFormat.blockSize
                        let length = min(RecordFormat.blockSize, bytes.count - start)
                        let plain = bytes.extracting(start..<start + length)
                        var checksum = CRC64NVME()
                        checksum.update(plain)
                        checksums.append(checksum.value)
                        try cipher.seal(
                            plain,
                            as: RecordIdentity(
                                block: first + UInt64(index),
                                generation: ticket.generation + UInt64(index),
                                length: UInt32(length)),
                            into: &output)
                    }
                }
                do throws(DiskError) {
                    try area.disk.write(
                        buffer.bytes, to: file, at: RecordFormat.offset(of: run.lowerBound))
                } catch {
                    throw StagingError(error)
                }
            }
        }
        return checksums
    }

    /// Seals a buffer into the slot that was reserved for it. The caller holds the block.
    /// - Parameter keeping: whether it stays in memory for the next write.
    func sealBuffer(of block: UInt64, keeping: Bool) throws(StagingError) {
        let job = state.withLock { state -> (bytes: [UInt8], slot: UInt64, generation: UInt64)? in
            guard let buffer = state.buffers[block] else { return nil }
            guard buffer.isDirty else {
                if !keeping { state.buffers[block] = nil }
                return nil
            }
            state.generation += 1
            return (buffer.bytes, state.map[block].slot, state.generation)
        }
        guard let job else { return }
        let checksums = try poisoning { () throws(StagingError) in
            try writeRecords(
                job.bytes.span, from: block,
                Ticket(slots: [job.slot..<job.slot + 1], generation: job.generation))
        }
        state.withLock { state in
            guard !state.isDiscarded else { return }
            var entry = state.map[block]
            entry.content = .sealed
            entry.generation = job.generation
            entry.recordLength = UInt32(job.bytes.count)
            entry.validLength = entry.recordLength
            entry.checksum = checksums.first ?? 0
            state.map[block] = entry
            if keeping {
                state.buffers[block]?.isDirty = false
            } else {
                state.buffers[block] = nil
            }
        }
    }

    /// Seals the buffers above the limit, the one that rested longest first. The caller holds no
    /// block.
    func sealSurplus() throws(StagingError) {
        while let block = surplusBuffer() {
            try blocks.withLock(block..<block + 1) { () throws(StagingError) in
                try sealBuffer(of: block, keeping: false)
            }
        }
    }

    private func surplusBuffer() -> UInt64? {
        state.withLock { state in
            guard state.buffers.count > Self.maximumBuffers, state.poison == nil else { return nil }
            return state.buffers.min { $0.value.lastUse < $1.value.lastUse }?.key
        }
    }

    /// Seals everything that is in memory only.
    /// - Throws: `quotaExceeded`, `diskFailed`, `poisoned`.
    func sealBuffers() throws(StagingError) {
        try state.withLock { state throws(StagingError) in try state.checkWritable() }
        let dirty = state.withLock { state in
            state.buffers.filter { $0.value.isDirty }.map(\.key).sorted()
        }
        for block in dirty {
            try blocks.withLock(block..<block + 1) { () throws(StagingError) in
                try sealBuffer(of: block, keeping: true)
            }
        }
    }

    /// Seals what is in memory and makes all that was written durable on the local disk.
    /// - Throws: `diskFailed`, `quotaExceeded`, `poisoned`.
    package func synchronize() throws(StagingError) {
        let generation = generation
        try sealBuffers()
        try poisoning { () throws(StagingError) in
            do throws(DiskError) {
                try area.disk.synchronize(file)
            } catch {
                throw StagingError(error)
            }
        }
        state.withLock { state in
            state.durableGeneration = max(state.durableGeneration, generation)
            state.slots.forgetDurable()
        }
    }

    /// Runs `body`; a failure that leaves the content in doubt poisons the file.
    func poisoning<Value>(
        _ body: () throws(StagingError) -> Value
    ) throws(StagingError) -> Value {
        do throws(StagingError) {
            return try body()
        } catch {
            switch error.code {
            case .quotaExceeded, .readOnly, .diskFailed, .damaged, .cryptographyFailed:
                poison(error)
            case .poisoned, .discarded, .baseContentMissing, .tooLarge, .changed, .inUse:
                break
            }
            throw error
        }
    }
}
