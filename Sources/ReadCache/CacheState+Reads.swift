import ObjectStorage

extension CacheState {
    /// Answers a read from memory, or makes it wait.
    /// - Parameters:
    ///   - range: inside the object and not empty.
    ///   - identifier: the read's own number, where it has to wait.
    /// - Returns: the bytes, or nil when `completion` will be called later.
    mutating func read(
        _ range: ByteRange, by reader: UInt64, now: Duration, identifier: inout UInt64,
        effects: inout Effects, completion: @escaping ReadCompletion
    ) -> BlockSlices? {
        guard let version = readers[reader]?.version,
            let objectSize = readers[reader]?.objectSize,
            let moved = readers[reader]?.window.observe(range)
        else {
            let error = ObjectStoreError(.cancelled, operation: "GetObject")
            effects.completions.append((completion, .failure(error)))
            return nil
        }
        readers[reader]?.lastRead = now
        if moved {
            activeReaders.remove(reader)
            abandonTransfers(of: reader, onlyPrefetch: true, &effects)
        }
        if let slices = resident(range, version: version) {
            statistics.hits += 1
            if readers[reader]?.window.wantsPlan(objectSize: objectSize) == true {
                prefetch(for: reader, now: now)
            }
            if !ahead.isEmpty || !urgent.isEmpty { pump(&effects) }
            return slices
        }
        statistics.waits += 1
        identifier = nextNumber()
        let read = PendingRead(
            reader: reader, completion: completion, range: range,
            firstBlock: range.offset / blockSize)
        fetchMissing(range, version: version, reader: reader, objectSize: objectSize, now: now)
        wait(read, identifier: identifier, version: version)
        prefetch(for: reader, now: now)
        pump(&effects)
        return nil
    }

    /// The bytes, when all of them are in memory; what is there counts as read either way.
    private mutating func resident(_ range: ByteRange, version: UInt64) -> BlockSlices? {
        var slices = BlockSlices()
        let first = range.offset / blockSize
        let last = (range.end - 1) / blockSize
        slices.slices.reserveCapacity(Int(last - first + 1))
        for index in first...last {
            guard let number = slots.number(of: BlockAddress(version: version, index: index)),
                case .resident(let block) = slots[number].content
            else { return nil }
            let part = self.part(of: range, inBlock: index)
            slices.append(block, range: part)
            touch(number, part)
        }
        return slices
    }

    /// The bytes of a range that lie in a block, counted inside the block.
    private func part(of range: ByteRange, inBlock index: UInt64) -> Range<Int> {
        let start = index * blockSize
        let lower = max(range.offset, start) - start
        let upper = min(range.end, start + blockSize) - start
        return Int(lower)..<Int(upper)
    }

    /// Queues GETs for the blocks of a read that nobody has asked for, and tells the window of the
    /// wait.
    private mutating func fetchMissing(
        _ range: ByteRange, version: UInt64, reader: UInt64, objectSize: UInt64, now: Duration
    ) {
        let first = range.offset / blockSize
        let end = (range.end - 1) / blockSize + 1
        let limit = windowLimit(for: reader, now: now)
        var tail = end
        while tail > first, !isPresent(tail - 1, version: version) { tail -= 1 }
        var goal = end
        if tail < end {
            let goalBytes = readers[reader]?.window.extend(
                from: tail * blockSize, to: min(end * blockSize, objectSize), limit: limit,
                objectSize: objectSize)
            goal = max(end, ((goalBytes ?? 0) + blockSize - 1) / blockSize)
            if readers[reader]?.window.size ?? 0 > 0 { activeReaders.insert(reader) }
        }
        queueTransfers(
            for: first..<goal, wanted: end, version: version, reader: reader,
            objectSize: objectSize)
        let waited = (first..<end).first { !isResident($0, version: version) }
        readers[reader]?.window.readerWaits(
            at: max(range.offset, (waited ?? first) * blockSize), limit: limit)
    }

    private func isResident(_ index: UInt64, version: UInt64) -> Bool {
        guard let number = slots.number(of: BlockAddress(version: version, index: index)),
            case .resident = slots[number].content
        else { return false }
        return true
    }

    func isPresent(_ index: UInt64, version: UInt64) -> Bool {
        slots.number(of: BlockAddress(version: version, index: index)) != nil
    }

    /// Registers a read with all its blocks, each of which is resident or loading by now.
    private mutating func wait(_ read: PendingRead, identifier: UInt64, version: UInt64) {
        var read = read
        for index in read.firstBlock...(read.range.end - 1) / blockSize {
            guard let number = slots.number(of: BlockAddress(version: version, index: index))
            else { continue }
            read.slots.append(number)
            slots[number].pins += 1
            slots.move(number, to: .none)
            switch slots[number].content {
            case .resident(let block):
                read.blocks.append(block)
            case .loading(let transfer):
                read.blocks.append(nil)
                read.missing += 1
                slots[number].waiters.append(identifier)
                makeUrgent(transfer)
            case .free:
                break
            }
        }
        pending[identifier] = read
    }

    /// Gives a block that has arrived to the reads that wait for it.
    mutating func answerWaiters(of number: Int, with block: CacheBlock, _ effects: inout Effects) {
        let index = slots[number].address.index
        let waiters = slots[number].waiters
        slots[number].waiters = []
        for identifier in waiters {
            guard var read = pending[identifier] else { continue }
            read.blocks[Int(index - read.firstBlock)] = block
            read.missing -= 1
            guard read.missing == 0 else {
                pending[identifier] = read
                continue
            }
            pending[identifier] = nil
            readers[read.reader]?.window.resume()
            effects.completions.append((read.completion, .success(slices(of: read))))
            for number in read.slots { unpin(number) }
        }
    }

    private mutating func slices(of read: PendingRead) -> BlockSlices {
        var result = BlockSlices()
        result.slices.reserveCapacity(read.blocks.count)
        for (offset, block) in read.blocks.enumerated() {
            guard let block else { continue }
            let part = self.part(of: read.range, inBlock: read.firstBlock + UInt64(offset))
            result.append(block, range: part)
            touch(read.slots[offset], part)
        }
        return result
    }

    /// Ends a waiting read with an error.
    mutating func fail(
        _ identifier: UInt64, with error: ObjectStoreError, _ effects: inout Effects
    ) {
        guard let read = pending.removeValue(forKey: identifier) else { return }
        for number in read.slots {
            slots[number].waiters.removeAll { $0 == identifier }
            unpin(number)
        }
        effects.completions.append((read.completion, .failure(error)))
    }

    /// Ends a waiting read for its caller's sake, and GETs that only it wanted.
    mutating func cancel(_ identifier: UInt64) -> Effects {
        var effects = Effects()
        guard let read = pending[identifier] else { return effects }
        fail(
            identifier, with: ObjectStoreError(.cancelled, operation: "GetObject"), &effects)
        for number in read.slots {
            guard case .loading(let transfer) = slots[number].content,
                transfers[transfer]?.isPrefetch == false
            else { continue }
            abandonIfUnwanted(transfer, &effects)
        }
        pump(&effects)
        return effects
    }
}
