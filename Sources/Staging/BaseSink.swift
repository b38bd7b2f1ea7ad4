private import LocalDisk
internal import ObjectStorage
private import Synchronization

extension StagedFile {
    /// Fetches the base object's bytes that `range` lacks.
    /// - Throws: `preconditionFailed` when the base object is another version or gone, and what
    ///   getting and filling throw.
    func fetchBase(
        for range: ByteRange, from store: any ObjectStore
    ) async throws(ObjectStoreError) {
        for missing in missingRanges(forRead: range) {
            guard let base else { return }
            let sink = BaseSink(file: self, offset: missing.offset)
            do throws(ObjectStoreError) {
                _ = try await store.get(
                    base.key, range: missing, ifMatch: base.eTag, into: sink)
            } catch {
                throw error.asLostBase
            }
            try sink.finish()
        }
    }
}

extension ObjectStoreError {
    /// An error about the base object: when that is gone, it is no longer the version it was.
    var asLostBase: ObjectStoreError {
        guard code == .noSuchKey else { return self }
        return ObjectStoreError(
            .preconditionFailed, operation: operation, status: status, requestID: requestID,
            storeCode: storeCode, detail: "the object that was changed is gone", cause: cause)
    }
}

/// Fills a staged file with the base's bytes as they arrive.
private final class BaseSink: ByteSink {
    /// Bytes that are collected before they are sealed: one disk call's worth.
    private static let batch = StagingArea.recordsPerCall * RecordFormat.blockSize

    private struct State {
        var offset: UInt64
        var bytes: [UInt8] = []
    }

    private let file: StagedFile
    private let state: Mutex<State>

    init(file: StagedFile, offset: UInt64) {
        self.file = file
        state = Mutex(State(offset: offset))
    }

    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError) {
        var rest = 0
        while rest < bytes.count {
            let full = state.withLock { state -> State? in
                let count = min(Self.batch - state.bytes.count, bytes.count - rest)
                state.bytes.append(copying: bytes.extracting(rest..<rest + count))
                rest += count
                guard state.bytes.count == Self.batch else { return nil }
                defer {
                    state.offset += UInt64(Self.batch)
                    state.bytes = []
                }
                return state
            }
            if let full { try fill(full) }
        }
    }

    /// Takes what is left.
    func finish() throws(ObjectStoreError) {
        try fill(state.withLock { $0 })
    }

    private func fill(_ batch: State) throws(ObjectStoreError) {
        do throws(StagingError) {
            try file.fill(batch.bytes.span, at: batch.offset)
        } catch {
            throw ObjectStoreError(error)
        }
    }
}
