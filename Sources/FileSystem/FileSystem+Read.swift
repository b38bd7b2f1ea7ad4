internal import ObjectStorage
package import ReadCache
internal import Staging
internal import Synchronization

extension FileSystem {
    /// The bytes of a read; fewer than asked for only at the end of the file.
    package enum ReadResult: Sendable {
        /// From the staged copy.
        case bytes([UInt8])
        /// From the block cache, to be sent without copying.
        case slices(BlockSlices)
    }

    /// Reads from an open file. Calls `completion` exactly once: on this thread when memory or the
    /// staged copy has the bytes, else from a transfer thread.
    /// - Returns: what cancels the wait; nil when there is nothing to wait for.
    package func read(
        _ number: HandleNumber, at offset: UInt64, count: Int,
        completion: @escaping @Sendable (Result<ReadResult, FileSystemError>) -> Void
    ) -> (@Sendable () -> Void)? {
        guard let handle = handles.file(number), handle.mode.isReadable else {
            completion(.failure(FileSystemError(.badHandle, "read")))
            return nil
        }
        let (content, remote, generation) = handle.inode.state.withLock { state in
            (state.content, state.remote, state.readerGeneration)
        }
        if let content {
            return read(content, at: offset, count: count, completion: completion)
        }
        guard let remote else {
            completion(.failure(FileSystemError(.stale, "read")))
            return nil
        }
        guard offset < remote.size, count > 0 else {
            completion(.success(.bytes([])))
            return nil
        }
        let reader = handle.reader(generation: generation) {
            cache.openReader(
                key: key(of: handle.inode.number) ?? ObjectKey(""), eTag: remote.eTag,
                size: remote.size)
        }
        let inode = handle.inode
        let token = reader.read(at: offset, count: count) { [self] result in
            switch result {
            case .success(let slices):
                completion(.success(.slices(slices)))
            case .failure(let error):
                let failure = Self.readError(error)
                if failure.code == .stale { distrust(inode) }
                completion(.failure(failure))
            }
        }
        return { token.cancel() }
    }

    /// Makes the next open ask the store, whatever was believed of the file until now.
    private func distrust(_ inode: Inode) {
        inode.state.withLock { $0.validUntil = .zero }
        if let parent = table.parent(of: inode.number) { table.dropListing(of: parent) }
    }

    /// An object that vanished under an open handle is stale, not absent.
    private static func readError(_ error: ObjectStoreError) -> FileSystemError {
        if error.code == .noSuchKey { return FileSystemError(.stale, "read", cause: error) }
        return FileSystemError(error, operation: "read")
    }

    private func read(
        _ content: StagedContent, at offset: UInt64, count: Int,
        completion: @escaping @Sendable (Result<ReadResult, FileSystemError>) -> Void
    ) -> (@Sendable () -> Void)? {
        let size = content.file.size
        guard offset < size, count > 0 else {
            completion(.success(.bytes([])))
            return nil
        }
        let range = ByteRange(offset: offset, count: min(UInt64(count), size - offset))
        if content.file.missingRanges(forRead: range).isEmpty {
            completion(Result { () throws(FileSystemError) in try readStaged(content, range) })
            return nil
        }
        let task = Task {
            do throws(FileSystemError) {
                completion(.success(.bytes(try await self.readMixed(content, range))))
            } catch {
                completion(.failure(error))
            }
        }
        return { task.cancel() }
    }

    private func readStaged(
        _ content: StagedContent, _ range: ByteRange
    ) throws(FileSystemError) -> ReadResult {
        .bytes(try stagedBytes(content, range))
    }

    private func stagedBytes(
        _ content: StagedContent, _ range: ByteRange
    ) throws(FileSystemError) -> [UInt8] {
        try stagingCall("read") { () throws(StagingError) in
            try [UInt8](capacity: Int(range.count)) {
                (output: inout OutputSpan<UInt8>) throws(StagingError) in
                try content.file.read(at: range.offset, into: &output)
            }
        }
    }

    /// Bytes of which some lie only in the store.
    private func readMixed(
        _ content: StagedContent, _ range: ByteRange
    ) async throws(FileSystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(range.count))
        var position = range.offset
        for missing in content.file.missingRanges(forRead: range) {
            let part = missing.intersection(range)
            guard !part.isEmpty else { continue }
            if part.offset > position {
                bytes += try stagedBytes(
                    content, ByteRange(offset: position, count: part.offset - position))
            }
            bytes += try await storing("read") { () async throws(ObjectStoreError) in
                try await content.readBase(part, through: cache)
            }
            position = part.end
        }
        if position < range.end {
            bytes += try stagedBytes(
                content, ByteRange(offset: position, count: range.end - position))
        }
        return bytes
    }
}
