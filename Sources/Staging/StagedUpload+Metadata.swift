internal import ObjectStorage
private import Synchronization

// Metadata that changed after the upload was begun. The store takes it only when an upload is made,
// and a file's times are known only at the end of writing.
extension StagedUpload {
    /// Parts that are sent again rather than copied in the store when the metadata changed: fewer
    /// than this cost less than another version of the object.
    private static let partsWorthKeeping = 8
    /// Bytes of an object that is copied in one request; longer ones in parts of this size, at
    /// once.
    private static let copiedPart: UInt64 = 256 << 20

    /// Whether an upload that was made for `begun` can still become `object`.
    func fits(
        _ begun: NewObject, _ object: NewObject, _ isAcceptable: ([String: String]) -> Bool
    ) -> Bool {
        guard begun.key == object.key, begun.contentType == object.contentType else { return false }
        if begun.userMetadata == object.userMetadata || isAcceptable(begun.userMetadata) {
            return true
        }
        return state.withLock { $0.sent.count } >= Self.partsWorthKeeping
    }

    /// Gives a stored object other metadata, by copying it onto itself in the store.
    /// - Parameter stored: the version that must still be there.
    /// - Throws: what the store throws; the object then has its content, and the old metadata.
    func renewMetadata(
        of stored: StoredObject, to object: NewObject, size: UInt64, checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        if size <= min(Self.copiedPart, limits.maximumPartSize) {
            var target = object
            // The source's version is the condition: it is the target's.
            target.condition = .none
            return try await store.copy(
                CopyRequest(
                    source: object.key, sourceETag: stored.eTag, target: target,
                    replacesMetadata: true))
        }
        var target = object
        target.condition =
            store.capabilities.conditionalWrites ? .ifMatch(stored.eTag) : .none
        let upload = try await store.createMultipartUpload(target)
        do throws(ObjectStoreError) {
            let parts = try await copyParts(of: stored.eTag, size: size, to: upload)
            return try await store.completeMultipartUpload(
                upload, as: target, parts: parts, size: size, checksum: checksum)
        } catch {
            await abort(upload)
            throw error
        }
    }

    private func copyParts(
        of eTag: ETag, size: UInt64, to upload: MultipartUpload
    ) async throws(ObjectStoreError) -> [Part] {
        let count = UInt64(limits.maximumPartCount)
        let needed = UploadLimits.wholeBlocks((size + count - 1) / count)
        let length = min(max(Self.copiedPart, needed), limits.maximumPartSize)
        var plan: [PlannedPart] = []
        var offset: UInt64 = 0
        while offset < size, let number = PartNumber(plan.count + 1) {
            let range = ByteRange(offset: offset, count: min(length, size - offset))
            plan.append(PlannedPart(number: number, range: range, kind: .copy))
            offset = range.end
        }
        let key = upload.key
        return try await inParallel(plan) { [store] (part) async throws(ObjectStoreError) in
            try await store.uploadPartCopy(
                part.number, of: upload, source: key, sourceETag: eTag, range: part.range)
        }
    }
}
