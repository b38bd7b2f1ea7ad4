internal import LocalDisk
package import ObjectStorage
internal import Synchronization

/// The encrypted local copy of a file's changes, until they are in the store.
///
/// Any thread may call any method at once; the kernel's threads do, so that none waits for the
/// network. Writes of the same block follow one another; reads never wait for a disk write. After a
/// disk failure the file is poisoned: intact bytes can be read, nothing is changed or published.
///
/// Lock order: a range of `blocks`, then `state`, then the area's quota. `state` is never held over
/// a disk call.
package final class StagedFile: Sendable {
    /// Partly written blocks that are kept in memory before they are sealed: one for each of
    /// the places at which programs usually write a file, 256 KiB at most.
    static let maximumBuffers = 4
    /// The largest size in bytes: what `off_t` of the data file holds, with room for its headers.
    package static let maximumSize: UInt64 = 1 << 62

    let area: StagingArea
    let name: String
    let file: DiskFile
    let cipher: RecordCipher
    let blocks = RangeLock()
    let state: Mutex<State>

    init(
        area: StagingArea, name: String, file: DiskFile, cipher: RecordCipher, base: BaseObject?
    ) {
        self.area = area
        self.name = name
        self.file = file
        self.cipher = cipher
        state = Mutex(State(base: base))
    }

    deinit {
        area.release(state.withLock { $0.chargedBytes })
    }

    /// Everything about a file that changes.
    struct State {
        var base: BaseObject?
        var map: BlockMap
        var slots = SlotAllocator()
        /// Slots punched out of the file, which the quota does not count.
        var punchedSlots: UInt64 = 0
        var buffers: [UInt64: BlockBuffer] = [:]
        /// Counts every change and every record.
        var generation: UInt64 = 0
        var lastChange: UInt64 = 0
        var publishedGeneration: UInt64 = 0
        /// Records up to this one may be in a durable map.
        var durableGeneration: UInt64 = 0
        /// A lower bound of the whole sealed blocks from 0 on, in bytes.
        var sealedPrefix: UInt64 = 0
        var poison: StagingError?
        var isDiscarded = false

        init(base: BaseObject?) {
            self.base = base
            map = BlockMap(baseSize: base?.size ?? 0)
        }

        var chargedBytes: UInt64 {
            isDiscarded
                ? 0
                : UInt64(RecordFormat.fileHeaderLength)
                    + (slots.end - punchedSlots) * UInt64(RecordFormat.slotLength)
        }
    }

    /// Bytes.
    package var size: UInt64 { state.withLock { $0.map.size } }

    /// The object whose bytes the untouched blocks are.
    package var base: BaseObject? { state.withLock { $0.base } }

    /// Counts up with every change; equal values mean equal content.
    package var generation: UInt64 { state.withLock { $0.generation } }

    /// Whether there is something to publish: a change since the last publishing or, without a base
    /// object, a file that was never published.
    package var isDirty: Bool {
        state.withLock { $0.base == nil || $0.lastChange > $0.publishedGeneration }
    }

    /// Why the file can no longer be changed or published; nil while it can.
    package var poisoning: StagingError? { state.withLock { $0.poison } }

    /// Forbids to change and to publish the file: a writer was interrupted, or a disk failed.
    package func poison(_ reason: StagingError) {
        state.withLock { $0.poison = $0.poison ?? reason }
    }

    /// Throws the local content away and gives its room back. Reading and writing fail from now on.
    /// - Throws: `diskFailed` when the data file could not be removed; it is unreadable anyway once
    ///   its key is gone.
    package func discard() throws(StagingError) {
        let charged = state.withLock { state in
            let charged = state.chargedBytes
            state.isDiscarded = true
            state.buffers = [:]
            state.map = BlockMap(baseSize: 0)
            return charged
        }
        area.release(charged)
        guard charged > 0 else { return }
        do throws(DiskError) {
            switch area.retention {
            case .untilDiscarded: try area.disk.unlink(name, in: area.directory)
            // Handles that are still open must not hold the room.
            case .whileOpen: try area.disk.truncate(file, to: 0)
            }
        } catch {
            throw StagingError(error)
        }
    }

    /// All extents of the file, coalesced, ascending.
    package func extents() -> [Extent] {
        state.withLock { state in
            state.map.extents(
                in: ByteRange(offset: 0, count: state.map.size),
                unchangedSince: state.publishedGeneration)
        }
    }

    /// What a publishing is about: all of it of one moment.
    struct Snapshot {
        var generation: UInt64
        var size: UInt64
        var base: BaseObject?
        var extents: [Extent]
    }

    func snapshot() -> Snapshot {
        state.withLock { state in
            Snapshot(
                generation: state.generation, size: state.map.size, base: state.base,
                extents: state.map.extents(
                    in: ByteRange(offset: 0, count: state.map.size),
                    unchangedSince: state.publishedGeneration))
        }
    }

    /// Whether something in `range` changed after `generation`.
    func hasChanged(in range: ByteRange, since generation: UInt64) -> Bool {
        state.withLock { $0.map.changed(in: range, since: generation) }
    }

    /// Bytes from 0 on that are sealed in whole blocks without a gap. Cheap: the search goes on
    /// where it ended.
    var sealedPrefix: UInt64 {
        state.withLock { state in
            state.sealedPrefix = state.map.sealedPrefix(from: state.sealedPrefix)
            return state.sealedPrefix
        }
    }

    /// The content of `generation`, then `size` bytes, is now what `object` holds.
    func markPublished(generation: UInt64, size: UInt64, as object: BaseObject) {
        state.withLock { state in
            state.base = object
            state.publishedGeneration = generation
            state.map.rebase(size: size, generation: generation)
        }
    }

    /// The base object has another name or version now, with the same content (a rename in the
    /// store).
    package func moveBase(to key: ObjectKey, eTag: ETag) {
        state.withLock { state in
            state.base?.key = key
            state.base?.eTag = eTag
        }
    }
}

/// A block that is being written, in memory.
struct BlockBuffer {
    /// From the block's beginning; zeros follow up to the block's end.
    var bytes: [UInt8]
    /// Whether it differs from the sealed record.
    var isDirty: Bool
    /// The generation at the last write, to find the one that rested longest.
    var lastUse: UInt64
}

extension StagedFile.State {
    /// - Throws: `discarded`, `poisoned`.
    func checkWritable() throws(StagingError) {
        if isDiscarded { throw StagingError(.discarded) }
        if let poison { throw StagingError(.poisoned, cause: poison) }
    }

    /// Counts a change of content and returns its generation.
    mutating func change() -> UInt64 {
        generation += 1
        lastChange = generation
        return generation
    }

    /// Takes slots and charges the quota for what the file grows by.
    mutating func takeSlots(
        _ count: UInt64, of area: StagingArea
    ) throws(StagingError) -> [Range<UInt64>] {
        try area.charge(slots.growth(for: count) * UInt64(RecordFormat.slotLength))
        return slots.take(count)
    }

    /// Gives back the slot of a block's former content.
    mutating func releaseSlot(of block: StagedBlock) {
        switch block.content {
        case .sealed:
            slots.release(
                block.slot..<block.slot + 1, durable: block.generation <= durableGeneration)
        case .buffered:
            slots.release(block.slot..<block.slot + 1, durable: false)
        case .untouched, .hole:
            break
        }
    }
}
