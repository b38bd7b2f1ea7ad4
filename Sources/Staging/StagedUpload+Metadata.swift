internal import ObjectStorage
private import Synchronization

// Metadata that changed after the upload was begun. The store takes it only when an upload is made,
// and a file's times are known only at the end of writing.
extension StagedUpload {
    /// Parts that are sent again rather than copied in the store when the metadata changed: fewer
    /// than this cost less than another version of the object.
    private static let partsWorthKeeping = 8
    /// Bytes of an object that is copied in one request; longer ones in parts, at once.
    private static let largestSingleCopy: UInt64 = 256 << 20

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
        of stored: StoredObject, to object: NewObject, size: UInt64
    ) async throws(ObjectStoreError) -> StoredObject {
        var target = object
        target.condition = store.capabilities.conditionalWrites ? .ifMatch(stored.eTag) : .none
        return try await store.copyAnySize(
            CopyRequest(
                source: object.key, sourceETag: stored.eTag, target: target,
                replacesMetadata: true),
            size: size, inPartsAbove: Self.largestSingleCopy)
    }
}
