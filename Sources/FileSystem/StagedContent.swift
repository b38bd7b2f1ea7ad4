internal import ObjectStorage
internal import ReadCache
internal import Staging
internal import Synchronization

/// A file's bytes on their way to the store: the staged copy, its upload, and a reader for what the
/// store's version still holds alone.
final class StagedContent: Sendable {
    let file: StagedFile
    let upload: StagedUpload
    /// The version that was there when the writing began; nil for new or emptied files.
    let base: BaseObject?
    private let reader = Mutex<ObjectReader?>(nil)

    init(file: StagedFile, upload: StagedUpload, base: BaseObject?) {
        self.file = file
        self.upload = upload
        self.base = base
    }

    /// Bytes of the base object.
    func readBase(
        _ range: ByteRange, through cache: ReadCache
    ) async throws(ObjectStoreError) -> [UInt8] {
        guard let base else { return [] }
        let reader = reader.withLock { reader in
            if let reader { return reader }
            let opened = cache.openReader(key: base.key, eTag: base.eTag, size: base.size)
            reader = opened
            return opened
        }
        return try await reader.read(range)
    }

    /// Gives up what is staged. Call once, when nothing publishes or reads it.
    func discard() {
        reader.withLock { reader in
            reader?.close()
            reader = nil
        }
        file.discard()
    }
}
