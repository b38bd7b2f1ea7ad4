import ObjectStorage

extension CacheState {
    /// The share of the budget that blocks read again may hold against a stream of new ones.
    private var rereadLimit: Int { configuration.memoryBudget / 4 }

    /// How many unread blocks are looked at for ones that nobody will read: bounds the time under
    /// the lock.
    private static var staleSearchLimit: Int { 64 }

    /// Takes note that a part of a resident block is read.
    mutating func touch(_ number: Int, _ part: Range<Int>) {
        let again = part.lowerBound < slots[number].readEnd
        slots[number].readEnd = max(slots[number].readEnd, part.upperBound)
        guard slots[number].pins == 0 else { return }
        switch slots[number].queue {
        case .none, .unread:
            slots.move(number, to: .read)
        case .read:
            if again { moveToReread(number) }
        case .reread:
            slots.move(number, to: .reread)
        }
    }

    private mutating func moveToReread(_ number: Int) {
        slots.move(number, to: .reread)
        while slots.byteCount(of: .reread) > rereadLimit, let oldest = slots.head(of: .reread) {
            slots.move(oldest, to: .read)
        }
    }

    /// Gives up one pending read's hold on a slot.
    mutating func unpin(_ number: Int) {
        slots[number].pins -= 1
        guard slots[number].pins == 0, case .resident = slots[number].content else { return }
        slots.move(number, to: slots[number].readEnd > 0 ? .read : .unread)
    }

    /// Drops a resident block.
    mutating func evict(_ number: Int) {
        residentBytes -= slots[number].byteCount
        statistics.evictedBlocks += 1
        removeSlot(number)
    }

    /// Frees a slot, and its version when that was the last of it.
    mutating func removeSlot(_ number: Int) {
        let version = slots[number].address.version
        slots.remove(number)
        versions[version]?.slots -= 1
        forgetVersionIfUnused(version)
    }

    /// Makes room for `bytes` and reserves them.
    ///
    /// Prefetch takes the room of what was read, or fetched ahead in vain; a waiting reader also
    /// that of what was fetched ahead for others. When nothing is in flight a waiting reader is
    /// let through in any case: else reads that wait for each other's memory would wait for ever.
    /// - Returns: whether the bytes are reserved.
    mutating func reserve(_ bytes: Int, forWaiter: Bool) -> Bool {
        while residentBytes + reservedBytes + bytes > configuration.memoryBudget {
            if let oldest = slots.head(of: .read) ?? staleUnread() {
                evict(oldest)
            } else if forWaiter,
                let oldest = slots.head(of: .reread) ?? slots.head(of: .unread)
            {
                evict(oldest)
            } else if forWaiter, reservedBytes == 0 {
                break
            } else {
                return false
            }
        }
        reservedBytes += bytes
        statistics.peakBytes = max(statistics.peakBytes, residentBytes + reservedBytes)
        return true
    }

    /// A block that was fetched ahead for a reader that has gone or has gone elsewhere.
    private func staleUnread() -> Int? {
        var candidate = slots.head(of: .unread)
        for _ in 0..<Self.staleSearchLimit {
            guard let number = candidate else { return nil }
            let slot = slots[number]
            guard activeReaders.contains(slot.owner),
                readers[slot.owner]?.window.mayRead(
                    ByteRange(
                        offset: slot.address.index * blockSize, count: UInt64(slot.byteCount)))
                    == true
            else { return number }
            candidate = slots.next(after: number)
        }
        return nil
    }
}
