import ObjectStorage

/// What a read's caller is told.
typealias ReadCompletion = @Sendable (Result<BlockSlices, ObjectStoreError>) -> Void

/// One version of an object, shared by its readers and blocks.
struct ObjectVersion: Hashable, Sendable {
    let key: ObjectKey
    let eTag: ETag
    let size: UInt64
}

/// A read that waits for blocks.
struct PendingRead {
    let reader: UInt64
    let completion: ReadCompletion
    let range: ByteRange
    let firstBlock: UInt64
    /// One per block of the range; each is pinned by this read.
    var slots: [Int] = []
    var blocks: [CacheBlock?] = []
    var missing = 0
}

/// One GET, queued or in flight.
struct Transfer {
    let identifier: UInt64
    let version: UInt64
    let reader: UInt64
    let firstBlock: UInt64
    var blockCount: UInt64
    /// Bytes that it has still to bring.
    var remainingBytes: Int
    /// A reader waits for a block of it.
    var isUrgent: Bool
    /// It reaches beyond what a waiting reader asked for, so it goes on without waiters.
    let isPrefetch: Bool
    var isRunning = false
    /// Nobody wants its bytes: it holds its reservation until its task ends, and no slots.
    var isAbandoned = false
    var task: Task<Void, Never>?

    var blocks: Range<UInt64> { firstBlock..<firstBlock + blockCount }
}

/// What a GET's task needs to know.
struct TransferStart: Sendable {
    let identifier: UInt64
    let object: ObjectVersion
    let range: ByteRange
}

/// What is to be done after the lock is released.
struct Effects: Sendable {
    var completions: [(ReadCompletion, Result<BlockSlices, ObjectStoreError>)] = []
    var starts: [TransferStart] = []
    var cancels: [Task<Void, Never>] = []
}

/// Everything that `ReadCache` keeps, guarded by its one lock.
///
/// Split by topic: `+Reads` answers and waits, `+Transfers` queues, delivers and fails GETs,
/// `+Memory` evicts and admits, `+Prefetch` asks ahead.
struct CacheState {
    struct Version {
        let object: ObjectVersion
        var readers = 0
        var slots = 0
    }

    struct Reader {
        let version: UInt64
        let objectSize: UInt64
        var window: ReadWindow
        /// On the cache's clock.
        var lastRead: Duration
    }

    let configuration: ReadCacheConfiguration
    let blockSize: UInt64
    var slots = SlotTable()
    var versions: [UInt64: Version] = [:]
    var versionNumbers: [ObjectVersion: UInt64] = [:]
    var readers: [UInt64: Reader] = [:]
    /// Readers whose window is open, until they reset, close or go idle.
    var activeReaders: Set<UInt64> = []
    var pending: [UInt64: PendingRead] = [:]
    var transfers: [UInt64: Transfer] = [:]
    /// Queued transfers, oldest first. Bounded: `urgent` by the reads that wait, `ahead` by
    /// `maximumQueuedAhead`.
    var urgent: [UInt64] = []
    var ahead: [UInt64] = []
    var running = 0
    var residentBytes = 0
    var reservedBytes = 0
    var statistics = ReadCacheStatistics()
    private var lastNumber: UInt64 = 0

    /// - Parameter configuration: a normalized one.
    init(_ configuration: ReadCacheConfiguration) {
        self.configuration = configuration
        blockSize = UInt64(configuration.blockSize)
    }

    /// A number that no version, reader, read or transfer has had.
    mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    mutating func open(_ object: ObjectVersion, now: Duration) -> UInt64 {
        let version: UInt64
        if let known = versionNumbers[object] {
            version = known
        } else {
            version = nextNumber()
            versionNumbers[object] = version
            versions[version] = Version(object: object)
        }
        versions[version]?.readers += 1
        let reader = nextNumber()
        readers[reader] = Reader(
            version: version, objectSize: object.size, window: ReadWindow(configuration),
            lastRead: now)
        return reader
    }

    mutating func close(_ reader: UInt64) -> Effects {
        var effects = Effects()
        guard let version = readers[reader]?.version else { return effects }
        let cancelled = ObjectStoreError(.cancelled, operation: "GetObject")
        for identifier in pending.filter({ $0.value.reader == reader }).keys.sorted() {
            fail(identifier, with: cancelled, &effects)
        }
        readers[reader] = nil
        activeReaders.remove(reader)
        abandonTransfers(of: reader, onlyPrefetch: false, &effects)
        versions[version]?.readers -= 1
        forgetVersionIfUnused(version)
        pump(&effects)
        return effects
    }

    /// Drops what is in memory of all versions of a key and nobody waits for.
    mutating func invalidate(_ key: ObjectKey) {
        for number in slots.all {
            guard let version = versions[slots[number].address.version],
                version.object.key == key, case .resident = slots[number].content,
                slots[number].pins == 0
            else { continue }
            evict(number)
        }
    }

    mutating func forgetVersionIfUnused(_ number: UInt64) {
        guard let version = versions[number], version.readers == 0, version.slots == 0
        else { return }
        versions[number] = nil
        versionNumbers[version.object] = nil
    }

    /// Bytes of a block: less than the block size at the object's end.
    func byteCount(ofBlock index: UInt64, objectSize: UInt64) -> Int {
        let start = index * blockSize
        return Int(min(blockSize, objectSize - min(start, objectSize)))
    }
}
