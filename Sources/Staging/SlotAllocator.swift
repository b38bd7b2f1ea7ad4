/// Which slots of a data file are free.
///
/// A slot that a durable map may still point to is not given again before that map is superseded
/// (`forgetDurable`). So the file never holds more slots than the live ones, those of the last
/// durable map, and the slack of `maximumSlack`.
struct SlotAllocator {
    /// Free slots beyond which a run is put together of pieces instead of growing the file: 16 MiB.
    /// Below it one write stays one system call.
    static let maximumSlack: UInt64 = 256

    /// Free and not pending; ascending, not touching each other.
    private var free: [Range<UInt64>] = []
    private var pending: [Range<UInt64>] = []
    private var freeCount: UInt64 = 0
    /// The first slot behind all that were ever given.
    private(set) var end: UInt64 = 0

    /// What `take(count)` would add to the file, in slots.
    func growth(for count: UInt64) -> UInt64 {
        if run(of: count) != nil { return 0 }
        guard freeCount >= Self.maximumSlack else { return count }
        return count > freeCount ? count - freeCount : 0
    }

    /// Takes slots: one run where there is one, else several.
    mutating func take(_ count: UInt64) -> [Range<UInt64>] {
        if let index = run(of: count) { return [takeFront(of: index, count)] }
        var runs: [Range<UInt64>] = []
        var missing = count
        if freeCount >= Self.maximumSlack {
            while missing > 0, let last = free.indices.last {
                let piece = takeFront(of: last, min(missing, UInt64(free[last].count)))
                runs.append(piece)
                missing -= UInt64(piece.count)
            }
        }
        if missing > 0 {
            runs.append(end..<end + missing)
            end += missing
        }
        return runs
    }

    /// Gives slots back; `durable` ones wait for the next durable map.
    mutating func release(_ slots: Range<UInt64>, durable: Bool) {
        guard !slots.isEmpty else { return }
        if durable {
            pending.append(slots)
        } else {
            insert(slots)
        }
    }

    /// The durable map of before is superseded.
    mutating func forgetDurable() {
        for slots in pending { insert(slots) }
        pending = []
    }

    /// Takes runs of at least `count` free slots out for ever, to be punched out of the file.
    mutating func takeLongRuns(atLeast count: Int) -> [Range<UInt64>] {
        let long = free.filter { $0.count >= count }
        free.removeAll { $0.count >= count }
        freeCount -= long.reduce(0) { $0 + UInt64($1.count) }
        return long
    }

    private func run(of count: UInt64) -> Int? {
        guard freeCount >= count else { return nil }
        return free.firstIndex { $0.count >= count }
    }

    private mutating func takeFront(of index: Int, _ count: UInt64) -> Range<UInt64> {
        let run = free[index]
        let taken = run.lowerBound..<run.lowerBound + count
        if taken.upperBound == run.upperBound {
            free.remove(at: index)
        } else {
            free[index] = taken.upperBound..<run.upperBound
        }
        freeCount -= count
        return taken
    }

    private mutating func insert(_ slots: Range<UInt64>) {
        freeCount += UInt64(slots.count)
        var low = 0
        var high = free.count
        while low < high {
            let middle = (low + high) / 2
            if free[middle].lowerBound < slots.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        var merged = slots
        if low < free.count, free[low].lowerBound == merged.upperBound {
            merged = merged.lowerBound..<free[low].upperBound
            free.remove(at: low)
        }
        if low > 0, free[low - 1].upperBound == merged.lowerBound {
            free[low - 1] = free[low - 1].lowerBound..<merged.upperBound
        } else {
            free.insert(merged, at: low)
        }
    }
}
