package import ObjectStorage

/// The object that a file began as, or was last published as.
package struct BaseObject: Hashable, Sendable {
    package var key: ObjectKey
    package var eTag: ETag
    /// Bytes.
    package var size: UInt64

    package init(key: ObjectKey, eTag: ETag, size: UInt64) {
        self.key = key
        self.eTag = eTag
        self.size = size
    }
}

/// A run of a file's bytes that have one origin.
package struct Extent: Hashable, Sendable {
    /// Where the bytes come from.
    package enum Kind: Hashable, Sendable {
        /// Written here, and not published yet.
        case staged
        /// The same as in the base object, at the same offset.
        case base
        /// Zeros.
        case hole
    }

    package let kind: Kind
    package let range: ByteRange

    package init(_ kind: Kind, _ range: ByteRange) {
        self.kind = kind
        self.range = range
    }
}

/// Where the content of one block is.
struct StagedBlock {
    enum Content {
        /// Nothing here: the base object's bytes below `BlockMap.baseLimit`, zeros behind.
        case untouched
        /// Zeros, also where the base has bytes.
        case hole
        /// In a slot of the data file.
        case sealed
        /// In a buffer in memory; a slot is reserved for it.
        case buffered
    }

    var content = Content.untouched
    /// For `sealed` and `buffered`.
    var slot: UInt64 = 0
    /// The record's, for `sealed`.
    var generation: UInt64 = 0
    /// The file's generation when the content last changed; 0 when it is the base's.
    var changed: UInt64 = 0
    /// Plaintext bytes of the record.
    var recordLength: UInt32 = 0
    /// How many of them count; zeros follow.
    var validLength: UInt32 = 0
    /// CRC64NVME of the record's `recordLength` bytes.
    var checksum: UInt64 = 0
}

/// What every block of a file is. A value: the owner's lock guards it.
struct BlockMap {
    static let blockSize = UInt64(RecordFormat.blockSize)
    /// Blocks that are stored side by side: 8 MiB of the file.
    private static let chunkSize: UInt64 = 128

    /// Bytes of the file.
    var size: UInt64
    /// Where untouched blocks end that have the base object's bytes; zeros follow. Truncation
    /// lowers it.
    private(set) var baseLimit: UInt64
    /// Where bytes end that may be the same as in the base object at the same place: what has not
    /// changed since it was published, and below this.
    private var publishedLimit: UInt64
    private var chunks: [UInt64: [StagedBlock]] = [:]
    /// The lowest place that truncation or zeroing ever cut, and the generation of the last cut.
    private(set) var lowestCut = UInt64.max
    private(set) var lastCut: UInt64 = 0
    // The same of truncation alone: an untouched block behind it is zeros.
    private var lowestTruncation = UInt64.max
    private var lastTruncation: UInt64 = 0

    init(baseSize: UInt64) {
        size = baseSize
        baseLimit = baseSize
        publishedLimit = baseSize
    }

    /// How many blocks the size takes.
    var blockCount: UInt64 { (size + Self.blockSize - 1) / Self.blockSize }

    subscript(block: UInt64) -> StagedBlock {
        get {
            guard let chunk = chunks[block / Self.chunkSize] else { return StagedBlock() }
            return chunk[Int(block % Self.chunkSize)]
        }
        set {
            let place = Int(block % Self.chunkSize)
            chunks[block / Self.chunkSize, default: Self.emptyChunk()][place] = newValue
        }
    }

    private static func emptyChunk() -> [StagedBlock] {
        [StagedBlock](repeating: StagedBlock(), count: Int(chunkSize))
    }

    /// The bytes of a block that come from the base object, when it is untouched.
    func baseLength(of block: UInt64) -> Int {
        let start = block * Self.blockSize
        return start < baseLimit ? Int(min(Self.blockSize, baseLimit - start)) : 0
    }

    /// Whether the base object is needed to know a block's content.
    func needsBase(_ block: UInt64) -> Bool {
        if case .untouched = self[block].content { return baseLength(of: block) > 0 }
        return false
    }

    /// The object published at `generation`, then `size` bytes long, takes the base's place.
    /// Untouched blocks have the same content in it, and stay what they are.
    mutating func rebase(size: UInt64, generation: UInt64) {
        publishedLimit = lastTruncation > generation ? min(size, lowestTruncation) : size
    }

    /// Cuts the file.
    /// - Returns: the blocks that were dropped.
    mutating func cut(to newSize: UInt64, generation: UInt64) -> [StagedBlock] {
        lowestCut = min(lowestCut, newSize)
        lastCut = generation
        lowestTruncation = min(lowestTruncation, newSize)
        lastTruncation = generation
        size = newSize
        baseLimit = min(baseLimit, newSize)
        publishedLimit = min(publishedLimit, newSize)
        let first = (newSize + Self.blockSize - 1) / Self.blockSize
        var dropped: [StagedBlock] = []
        for index in chunks.keys where (index + 1) * Self.chunkSize > first {
            guard var chunk = chunks[index] else { continue }
            let keep = first > index * Self.chunkSize ? Int(first - index * Self.chunkSize) : 0
            dropped += chunk[keep...]
            if keep == 0 {
                chunks[index] = nil
            } else {
                for place in keep..<chunk.count { chunk[place] = StagedBlock() }
                chunks[index] = chunk
            }
        }
        let rest = UInt32(newSize % Self.blockSize)
        if rest > 0 {
            var last = self[newSize / Self.blockSize]
            if case .untouched = last.content { return dropped }
            last.validLength = min(last.validLength, rest)
            last.changed = generation
            self[newSize / Self.blockSize] = last
        }
        return dropped
    }

    /// Makes a block zeros.
    /// - Returns: what it was.
    mutating func makeHole(_ block: UInt64, generation: UInt64) -> StagedBlock {
        let before = self[block]
        lowestCut = min(lowestCut, block * Self.blockSize)
        lastCut = generation
        var hole = StagedBlock()
        hole.content = .hole
        hole.changed = generation
        self[block] = hole
        return before
    }

    /// Whether something in `range` changed after `generation`.
    func changed(in range: ByteRange, since generation: UInt64) -> Bool {
        guard !range.isEmpty else { return false }
        if lastCut > generation, lowestCut < range.end { return true }
        let first = range.offset / Self.blockSize
        let last = (range.end - 1) / Self.blockSize
        for (index, chunk) in overlapping(first...last) {
            for (place, block) in chunk.enumerated() where block.changed > generation {
                if (first...last).contains(index * Self.chunkSize + UInt64(place)) { return true }
            }
        }
        return false
    }

    /// The chunks that hold one of `blocks`, ascending.
    private func overlapping(
        _ blocks: ClosedRange<UInt64>
    ) -> [(index: UInt64, blocks: [StagedBlock])] {
        let indices = blocks.lowerBound / Self.chunkSize...blocks.upperBound / Self.chunkSize
        // Whichever is fewer: a small range of a large file, or a sparse file's few chunks.
        if indices.upperBound - indices.lowerBound < UInt64(chunks.count) {
            return indices.compactMap { index in chunks[index].map { (index, $0) } }
        }
        return chunks.filter { indices.contains($0.key) }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }
}

// What the file system and the uploads ask.
extension BlockMap {
    /// Bytes from 0 on that lie in whole sealed blocks without a gap, beginning the search at
    /// `start`, an earlier answer.
    func sealedPrefix(from start: UInt64) -> UInt64 {
        var block = start / Self.blockSize
        while true {
            let entry = self[block]
            guard case .sealed = entry.content, entry.validLength == UInt32(Self.blockSize),
                (block + 1) * Self.blockSize <= size
            else { return block * Self.blockSize }
            block += 1
        }
    }

    /// All extents in `range` (clipped to the size), coalesced, ascending.
    /// - Parameter generation: content that did not change after it is the base's.
    func extents(in range: ByteRange, unchangedSince generation: UInt64) -> [Extent] {
        let range = range.intersection(ByteRange(offset: 0, count: size))
        guard !range.isEmpty else { return [] }
        var list = ExtentList()
        var offset = range.offset
        let first = range.offset / Self.blockSize
        let last = (range.end - 1) / Self.blockSize
        for (index, chunk) in overlapping(first...last) {
            for (place, entry) in chunk.enumerated() {
                let block = index * Self.chunkSize + UInt64(place)
                guard (first...last).contains(block) else { continue }
                let start = max(block * Self.blockSize, range.offset)
                let end = min((block + 1) * Self.blockSize, range.end)
                if start > offset { addUntouched(from: offset, to: start, into: &list) }
                add(entry, from: start, to: end, generation, into: &list)
                offset = end
            }
        }
        if offset < range.end { addUntouched(from: offset, to: range.end, into: &list) }
        return list.extents
    }

    private func add(
        _ entry: StagedBlock, from start: UInt64, to end: UInt64, _ generation: UInt64,
        into list: inout ExtentList
    ) {
        switch entry.content {
        case .untouched:
            addUntouched(from: start, to: end, into: &list)
        case .hole, .sealed, .buffered:
            if entry.changed <= generation, end <= publishedLimit {
                list.add(.base, from: start, to: end)
            } else if case .hole = entry.content {
                list.add(.hole, from: start, to: end)
            } else {
                list.add(.staged, from: start, to: end)
            }
        }
    }

    private func addUntouched(
        from start: UInt64, to end: UInt64, into list: inout ExtentList
    ) {
        let middle = min(max(start, publishedLimit), end)
        list.add(.base, from: start, to: middle)
        list.add(.hole, from: middle, to: end)
    }

    /// The base's bytes in `range` that are not here, whole blocks of them.
    func missing(in range: ByteRange) -> [ByteRange] {
        let end = min(range.end, baseLimit)
        guard range.offset < end else { return [] }
        var list = ExtentList()
        let first = range.offset / Self.blockSize
        let last = (end - 1) / Self.blockSize
        var next = first
        func add(_ blocks: Range<UInt64>) {
            list.add(
                .base, from: blocks.lowerBound * Self.blockSize,
                to: min(blocks.upperBound * Self.blockSize, baseLimit))
        }
        for (index, chunk) in overlapping(first...last) {
            for (place, entry) in chunk.enumerated() {
                let block = index * Self.chunkSize + UInt64(place)
                guard (first...last).contains(block) else { continue }
                if case .untouched = entry.content { continue }
                add(next..<max(next, block))
                next = block + 1
            }
        }
        if next <= last { add(next..<last + 1) }
        return list.extents.map(\.range)
    }
}

/// Collects extents and joins those that touch.
private struct ExtentList {
    var extents: [Extent] = []

    mutating func add(_ kind: Extent.Kind, from start: UInt64, to end: UInt64) {
        guard start < end else { return }
        if let last = extents.last, last.kind == kind, last.range.end == start {
            extents[extents.count - 1] = Extent(
                kind, ByteRange(offset: last.range.offset, count: end - last.range.offset))
        } else {
            extents.append(Extent(kind, ByteRange(offset: start, count: end - start)))
        }
    }
}
