package import Logging
package import ObjectStorage
import Synchronization
private import Telemetry

/// The blocks of objects in memory, fetched on demand and ahead, within one budget for the mount.
///
/// Blocks belong to a version (key, ETag, size) and are shared by all readers of it; two readers of
/// one block cause one GET. Every GET carries If-Match, so that a reader never sees two versions.
/// All methods may be called from any thread; none blocks. Completions are called without a lock.
package final class ReadCache: Sendable {
    private let store: any ObjectStore
    private let logger: Logger
    private let configuration: ReadCacheConfiguration
    private let elapsed: @Sendable () -> Duration
    /// Released before a completion is called, a task is made or the store is asked.
    private let state: Mutex<CacheState>

    /// - Parameters:
    ///   - configuration: values that cannot work are raised to the least that can.
    ///   - clock: tells idle handles from active ones.
    package init(
        store: any ObjectStore, configuration: ReadCacheConfiguration,
        clock: any Clock<Duration>, logger: Logger
    ) {
        self.store = store
        self.logger = logger
        self.configuration = configuration.normalized
        elapsed = Self.stopwatch(clock)
        state = Mutex(CacheState(configuration.normalized))
    }

    private static func stopwatch<C: Clock>(
        _ clock: C
    ) -> @Sendable () -> Duration where C.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    /// Makes a reader of one version of an object: one per open file handle, so that prefetch
    /// follows each handle's own reads. It asks nothing of the store yet.
    package func openReader(key: ObjectKey, eTag: ETag, size: UInt64) -> ObjectReader {
        let object = ObjectVersion(key: key, eTag: eTag, size: size)
        let now = elapsed()
        let identifier = state.withLock { $0.open(object, now: now) }
        return ObjectReader(cache: self, identifier: identifier, size: size)
    }

    /// Frees the memory of all versions of a key. Open readers go on, with new GETs.
    package func invalidate(key: ObjectKey) {
        state.withLock { $0.invalidate(key) }
    }

    /// What was done so far, and what is held now.
    package var statistics: ReadCacheStatistics {
        state.withLock { state in
            var result = state.statistics
            result.bytesResident = state.residentBytes
            result.bytesInFlight = state.reservedBytes
            return result
        }
    }

    /// - Parameter range: inside the object and not empty.
    func read(
        _ range: ByteRange, by reader: UInt64, completion: @escaping ReadCompletion
    ) -> ReadToken {
        let now = elapsed()
        var identifier: UInt64 = 0
        var effects = Effects()
        let slices = state.withLock { state in
            state.read(
                range, by: reader, now: now, identifier: &identifier, effects: &effects,
                completion: completion)
        }
        if let slices { completion(.success(slices)) }
        perform(effects)
        return ReadToken(cache: slices == nil ? self : nil, identifier: identifier)
    }

    func cancelRead(_ identifier: UInt64) {
        perform(state.withLock { $0.cancel(identifier) })
    }

    func closeReader(_ identifier: UInt64) {
        perform(state.withLock { $0.close(identifier) })
    }

    private func perform(_ effects: Effects) {
        for task in effects.cancels { task.cancel() }
        for start in effects.starts {
            let task = Task { await self.run(start) }
            if state.withLock({ $0.setTask(task, of: start.identifier) }) { task.cancel() }
        }
        for (completion, result) in effects.completions { completion(result) }
    }

    private func deliver(_ block: CacheBlock, at index: UInt64, of transfer: UInt64) -> Bool {
        var effects = Effects()
        let isWanted = state.withLock { state in
            state.deliver(block, at: index, of: transfer, &effects)
        }
        perform(effects)
        return isWanted
    }

    /// One GET from its begin to its end.
    private func run(_ start: TransferStart) async {
        let object = start.object
        let whole = start.range.offset == 0 && start.range.count == object.size
        // The store checks a whole object's checksum at the end: until then its blocks wait here.
        let held = Mutex<[(CacheBlock, UInt64)]>([])
        let sink = BlockSink(range: start.range, blockSize: configuration.blockSize) {
            block, index in
            guard whole else {
                return self.deliver(block, at: index, of: start.identifier)
            }
            held.withLock { $0.append((block, index)) }
            return true
        }
        var failure: ObjectStoreError?
        do {
            _ = try await store.get(
                object.key, range: whole ? nil : start.range, ifMatch: object.eTag, into: sink)
            for (block, index) in held.withLock({ $0 }) {
                _ = deliver(block, at: index, of: start.identifier)
            }
        } catch {
            failure = error
            logger.event(
                .debug, "GET for the read cache failed", [.code: LogWord(error.code.rawValue)])
        }
        perform(state.withLock { $0.finish(start.identifier, error: failure) })
    }
}
