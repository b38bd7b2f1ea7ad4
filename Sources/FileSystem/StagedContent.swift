internal import ObjectStorage
internal import ReadCache
internal import Staging
internal import Synchronization

/// A file's bytes on their way to the store: the staged copy, its upload, and a reader for what the
/// store's version still holds alone.
final class StagedContent: Sendable {
    let file: StagedFile
    let upload: StagedUpload
    private let reader = Mutex<ObjectReader?>(nil)

    init(file: StagedFile, upload: StagedUpload) {
        self.file = file
        self.upload = upload
    }

    /// Bytes of the base object.
    func readBase(
        _ range: ByteRange, through cache: ReadCache
    ) async throws(ObjectStoreError) -> [UInt8] {
        if let known = reader.withLock({ $0 }) { return try await known.read(range) }
        guard let base = file.base else { return [] }
        let made = cache.openReader(key: base.key, eTag: base.eTag, size: base.size)
        let kept = reader.withLock { reader in
            if let reader { return reader }
            reader = made
            return made
        }
        if kept !== made { made.close() }
        return try await kept.read(range)
    }

    /// The base object has another key and version now; its content is the same.
    func moveBase(to key: ObjectKey, eTag: ETag) {
        file.moveBase(to: key, eTag: eTag)
        closeReader()
    }

    /// Gives up what is staged. Call once, when nothing publishes or reads it.
    func discard() throws(StagingError) {
        closeReader()
        try file.discard()
    }

    private func closeReader() {
        let closed = reader.withLock { reader in
            defer { reader = nil }
            return reader
        }
        closed?.close()
    }
}
