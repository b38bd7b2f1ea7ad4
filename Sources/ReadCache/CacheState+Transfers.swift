import ObjectStorage

extension CacheState {
    /// Queues GETs for those blocks of a range that have no slot yet, each one run of blocks of at
    /// most a part.
    /// - Parameter wanted: a reader waits for the blocks below this index.
    mutating func queueTransfers(
        for blocks: Range<UInt64>, wanted: UInt64, version: UInt64, reader: UInt64,
        objectSize: UInt64
    ) {
        let partBlocks = UInt64(configuration.partSize) / blockSize
        var index = blocks.lowerBound
        while index < blocks.upperBound {
            guard !isPresent(index, version: version) else {
                index += 1
                continue
            }
            let isUrgent = index < wanted
            guard isUrgent || mayQueueAhead else {
                readers[reader]?.window.shrink(droppedAt: index * blockSize)
                return
            }
            let first = index
            var bytes = 0
            let identifier = nextNumber()
            while index < blocks.upperBound, index - first < partBlocks,
                !isPresent(index, version: version)
            {
                let count = byteCount(ofBlock: index, objectSize: objectSize)
                slots.add(
                    Slot(
                        address: BlockAddress(version: version, index: index), byteCount: count,
                        owner: reader, transfer: identifier))
                versions[version]?.slots += 1
                bytes += count
                index += 1
            }
            transfers[identifier] = Transfer(
                identifier: identifier, version: version, reader: reader, firstBlock: first,
                blockCount: index - first, remainingBytes: bytes, isUrgent: isUrgent,
                isPrefetch: index > wanted)
            if isUrgent { urgent.append(identifier) } else { ahead.append(identifier) }
        }
    }

    /// Moves a queued GET ahead to those that readers wait for.
    mutating func makeUrgent(_ identifier: UInt64) {
        guard transfers[identifier]?.isUrgent == false else { return }
        transfers[identifier]?.isUrgent = true
        guard transfers[identifier]?.isRunning == false else { return }
        ahead.removeAll { $0 == identifier }
        urgent.append(identifier)
    }

    /// Starts queued GETs while there are memory and free requests: those with waiters first.
    mutating func pump(_ effects: inout Effects) {
        while running < configuration.maximumRequests, let identifier = urgent.first {
            guard let transfer = transfers[identifier] else {
                urgent.removeFirst()
                continue
            }
            if !reserve(transfer.remainingBytes, forWaiter: true) {
                guard trimToWaiters(identifier) else { return }
                continue
            }
            urgent.removeFirst()
            start(identifier, &effects)
        }
        let limit = configuration.maximumRequests - configuration.requestsReservedForWaiters
        while urgent.isEmpty, running < limit, let identifier = ahead.first {
            ahead.removeFirst()
            guard let transfer = transfers[identifier] else { continue }
            if reserve(transfer.remainingBytes, forWaiter: false) {
                start(identifier, &effects)
            } else {
                drop(transfer)
                // What is queued behind it is further ahead still.
                for other in ahead.compactMap({ transfers[$0] })
                where other.reader == transfer.reader {
                    drop(other)
                    ahead.removeAll { $0 == other.identifier }
                }
            }
        }
    }

    private mutating func start(_ identifier: UInt64, _ effects: inout Effects) {
        guard let transfer = transfers[identifier],
            let object = versions[transfer.version]?.object
        else { return }
        transfers[identifier]?.isRunning = true
        running += 1
        statistics.requests += 1
        if !transfer.isUrgent { statistics.prefetchRequests += 1 }
        effects.starts.append(
            TransferStart(
                identifier: identifier, object: object,
                range: ByteRange(
                    offset: transfer.firstBlock * blockSize,
                    count: UInt64(transfer.remainingBytes))))
    }

    /// Cuts from a queued GET the blocks behind the last one that a reader waits for.
    /// - Returns: whether it became smaller.
    private mutating func trimToWaiters(_ identifier: UInt64) -> Bool {
        guard var transfer = transfers[identifier], transfer.isPrefetch else { return false }
        let before = transfer.blockCount
        while transfer.blockCount > 1 {
            let index = transfer.firstBlock + transfer.blockCount - 1
            guard let number = loadingSlot(index, of: transfer), slots[number].waiters.isEmpty
            else { break }
            transfer.remainingBytes -= slots[number].byteCount
            transfer.blockCount -= 1
            removeSlot(number)
            readers[transfer.reader]?.window.shrink(droppedAt: index * blockSize)
        }
        transfers[identifier] = transfer
        return transfer.blockCount < before
    }

    /// Forgets a queued GET ahead for want of memory.
    private mutating func drop(_ transfer: Transfer) {
        readers[transfer.reader]?.window.shrink(droppedAt: transfer.firstBlock * blockSize)
        removeLoadingSlots(of: transfer)
        transfers[transfer.identifier] = nil
    }

    /// Takes a block that a GET has brought.
    /// - Returns: false when nobody wants the transfer any more.
    mutating func deliver(
        _ block: CacheBlock, at index: UInt64, of identifier: UInt64, _ effects: inout Effects
    ) -> Bool {
        guard let transfer = transfers[identifier], !transfer.isAbandoned,
            let number = loadingSlot(index, of: transfer)
        else { return false }
        transfers[identifier]?.remainingBytes -= block.bytes.count
        reservedBytes -= block.bytes.count
        residentBytes += block.bytes.count
        statistics.bytesFetched += UInt64(block.bytes.count)
        slots[number].content = .resident(block)
        if slots[number].pins == 0 { slots.move(number, to: .unread) }
        answerWaiters(of: number, with: block, &effects)
        return true
    }

    /// Ends a GET; the blocks that it did not bring are as if never asked for.
    mutating func finish(_ identifier: UInt64, error: ObjectStoreError?) -> Effects {
        var effects = Effects()
        guard let transfer = transfers.removeValue(forKey: identifier) else { return effects }
        running -= 1
        reservedBytes -= transfer.remainingBytes
        if !transfer.isAbandoned, transfer.remainingBytes > 0 {
            statistics.failedRequests += 1
            let error =
                error
                ?? ObjectStoreError(
                    .malformedResponse, operation: "GetObject", detail: "the body is too short")
            var waiters: Set<UInt64> = []
            var failedAt: UInt64?
            for index in transfer.blocks {
                guard let number = loadingSlot(index, of: transfer) else { continue }
                failedAt = failedAt ?? index * blockSize
                waiters.formUnion(slots[number].waiters)
            }
            if let failedAt { readers[transfer.reader]?.window.suspend(failedAt: failedAt) }
            for waiter in waiters.sorted() { fail(waiter, with: error, &effects) }
            removeLoadingSlots(of: transfer)
        }
        pump(&effects)
        return effects
    }

    /// Gives up a reader's GETs that nobody waits for.
    mutating func abandonTransfers(
        of reader: UInt64, onlyPrefetch: Bool, _ effects: inout Effects
    ) {
        let owned = transfers.values.filter {
            $0.reader == reader && !$0.isAbandoned && ($0.isPrefetch || !onlyPrefetch)
        }
        for transfer in owned.map(\.identifier).sorted() {
            abandonIfUnwanted(transfer, &effects)
        }
    }

    /// Gives up a GET when no read waits for a block of it.
    mutating func abandonIfUnwanted(_ identifier: UInt64, _ effects: inout Effects) {
        guard let transfer = transfers[identifier], !transfer.isAbandoned else { return }
        let isWanted = transfer.blocks.contains { index in
            loadingSlot(index, of: transfer).map { !slots[$0].waiters.isEmpty } ?? false
        }
        guard !isWanted else { return }
        removeLoadingSlots(of: transfer)
        guard transfer.isRunning else {
            urgent.removeAll { $0 == identifier }
            ahead.removeAll { $0 == identifier }
            transfers[identifier] = nil
            return
        }
        statistics.cancelledRequests += 1
        transfers[identifier]?.isAbandoned = true
        if let task = transfer.task { effects.cancels.append(task) }
    }

    /// Remembers a started GET's task.
    /// - Returns: whether to cancel it, because the GET was given up before.
    mutating func setTask(_ task: Task<Void, Never>, of identifier: UInt64) -> Bool {
        transfers[identifier]?.task = task
        return transfers[identifier]?.isAbandoned == true
    }

    private func loadingSlot(_ index: UInt64, of transfer: Transfer) -> Int? {
        guard
            let number = slots.number(of: BlockAddress(version: transfer.version, index: index)),
            case .loading(transfer.identifier) = slots[number].content
        else { return nil }
        return number
    }

    private mutating func removeLoadingSlots(of transfer: Transfer) {
        for index in transfer.blocks {
            if let number = loadingSlot(index, of: transfer) { removeSlot(number) }
        }
    }
}
