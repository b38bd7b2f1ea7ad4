package import ObjectStorage
import Synchronization

/// Reads one version of an object for one open file handle.
///
/// All methods may be called from any thread, several reads at once.
package final class ObjectReader: Sendable {
    /// The longest read, in bytes; a longer one is answered with so much. The kernel asks for 1 MiB
    /// at most.
    package static let maximumReadCount = 8 << 20

    /// Of the object, in bytes.
    package let size: UInt64
    private let cache: ReadCache
    private let identifier: UInt64

    init(cache: ReadCache, identifier: UInt64, size: UInt64) {
        self.cache = cache
        self.identifier = identifier
        self.size = size
    }

    deinit {
        cache.closeReader(identifier)
    }

    /// Reads up to `count` bytes from `offset`: less at the object's end, none behind it.
    ///
    /// - Parameter completion: called once, without a lock: before the return when all blocks are
    ///   in memory, else from a transfer's thread, which it must not block for long. Errors are
    ///   the store's; `preconditionFailed` and `noSuchKey` mean that the object was replaced or
    ///   deleted, `cancelled` that the read or the reader was.
    /// - Returns: a token that ends the wait.
    @discardableResult
    package func read(
        at offset: UInt64, count: Int,
        completion: @escaping @Sendable (Result<BlockSlices, ObjectStoreError>) -> Void
    ) -> ReadToken {
        guard offset < size, count > 0 else {
            completion(.success(BlockSlices()))
            return ReadToken(cache: nil, identifier: 0)
        }
        let length = min(UInt64(min(count, Self.maximumReadCount)), size - offset)
        return cache.read(
            ByteRange(offset: offset, count: length), by: identifier, completion: completion)
    }

    /// Reads a range into memory of its own, clipped at the object's end.
    /// - Throws: as `read(at:count:completion:)`; `cancelled` when the task is cancelled.
    package func read(_ range: ByteRange) async throws(ObjectStoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        var offset = range.offset
        let end = min(range.end, size)
        while offset < end {
            let count = Int(min(end - offset, UInt64(Self.maximumReadCount)))
            let slices = try await slices(at: offset, count: count)
            if bytes.isEmpty { bytes.reserveCapacity(Int(end - range.offset)) }
            for (block, part) in slices.slices { bytes.append(contentsOf: block.bytes[part]) }
            offset += UInt64(slices.count)
        }
        return bytes
    }

    private func slices(at offset: UInt64, count: Int) async throws(ObjectStoreError)
        -> BlockSlices
    {
        let cancellation = ReadCancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let token = read(at: offset, count: count) { continuation.resume(returning: $0) }
                cancellation.set(token)
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }

    /// Ends prefetch and all reads that wait, with `cancelled`. Later reads end so at once.
    package func close() {
        cache.closeReader(identifier)
    }
}

/// A read that may still wait. Dropping the token does not end the wait.
package struct ReadToken: Sendable {
    let cache: ReadCache?
    let identifier: UInt64

    /// Ends the wait: the completion is called with `cancelled`, unless it was called before.
    package func cancel() {
        cache?.cancelRead(identifier)
    }
}

/// Hands a task's cancellation to a read that may not have begun yet.
private final class ReadCancellation: Sendable {
    private struct State {
        var token: ReadToken?
        var isCancelled = false
    }

    private let state = Mutex(State())

    func set(_ token: ReadToken) {
        let isCancelled = state.withLock { state in
            state.token = token
            return state.isCancelled
        }
        if isCancelled { token.cancel() }
    }

    func cancel() {
        let token = state.withLock { state in
            state.isCancelled = true
            return state.token
        }
        token?.cancel()
    }
}
