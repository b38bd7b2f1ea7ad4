/// A bucket: the waist between the file system above and the storage below.
///
/// All methods may be called from any task at once. Each makes its own retries within a bounded
/// time and heeds cancellation (`cancelled`). A write returns only when the store has confirmed the
/// whole content and the encryption that the store was configured with; keys are relative to the
/// prefix that the store was configured with.
/// Source: Amazon S3 API Reference, whose operations the methods are named after.
package protocol ObjectStore: Sendable {
    var capabilities: StoreCapabilities { get }

    /// Proves that the bucket exists and that the credentials reach it (HeadBucket).
    /// - Throws: `noSuchBucket`, `accessDenied`, `credentialsUnavailable`, `credentialsRejected`,
    ///   `clockSkewed`, `networkFailure` and what any request throws.
    func verifyAccess() async throws(ObjectStoreError)

    /// One page of keys (ListObjectsV2).
    func list(_ request: ListRequest) async throws(ObjectStoreError) -> ListPage

    /// An object's attributes with user metadata and encryption (HeadObject).
    /// - Throws: `noSuchKey` only when the store answered 404.
    func head(_ key: ObjectKey) async throws(ObjectStoreError) -> ObjectAttributes

    /// Sends an object's bytes to `sink` in order (GetObject).
    /// - Parameters:
    ///   - range: nil for the whole object. Must lie inside the object.
    ///   - eTag: the version that must still be there; `preconditionFailed` otherwise.
    /// - Returns: the attributes of the version read.
    /// - Throws: `checksumMismatch` when a whole object does not match its stored checksum (the
    ///   sink
    ///   has then seen wrong bytes and must drop them).
    func get(
        _ key: ObjectKey, range: ByteRange?, ifMatch eTag: ETag?, into sink: any ByteSink
    ) async throws(ObjectStoreError) -> ObjectAttributes

    /// Stores an object in one request (PutObject).
    /// - Parameter checksum: of the body, when the caller knows it; computed otherwise.
    func put(
        _ object: NewObject, body: any ByteSource, checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject

    /// Deletes an object; success when it is absent (DeleteObject).
    /// - Parameter eTag: delete only this version, where `conditionalDelete`.
    func delete(_ key: ObjectKey, ifMatch eTag: ETag?) async throws(ObjectStoreError)

    /// Deletes up to 1,000 objects (DeleteObjects).
    /// - Returns: the keys that were not deleted, each with its reason.
    func delete(
        _ keys: [ObjectKey]
    ) async throws(ObjectStoreError) -> [(key: ObjectKey, error: ObjectStoreError)]

    /// Copies inside the bucket, up to `maximumPartSize` bytes (CopyObject).
    func copy(_ request: CopyRequest) async throws(ObjectStoreError) -> StoredObject

    /// Begins a multipart upload (CreateMultipartUpload). The encryption is checked in this answer:
    /// no byte of content is sent to an upload that is not encrypted. `object.condition` is not
    /// looked at here but at completion.
    func createMultipartUpload(
        _ object: NewObject
    ) async throws(ObjectStoreError) -> MultipartUpload

    /// Stores one part (UploadPart).
    func uploadPart(
        _ number: PartNumber, of upload: MultipartUpload, body: any ByteSource, checksum: Checksum?
    ) async throws(ObjectStoreError) -> Part

    /// Fills one part from a range of an existing object (UploadPartCopy).
    func uploadPartCopy(
        _ number: PartNumber, of upload: MultipartUpload, source: ObjectKey, sourceETag: ETag,
        range: ByteRange
    ) async throws(ObjectStoreError) -> Part

    /// Makes the object of its parts (CompleteMultipartUpload).
    /// - Parameters:
    ///   - object: as given to `createMultipartUpload`, with the condition to hold now. Its
    ///     `userMetadata` settles an answer that was lost.
    ///   - parts: ascending by number.
    ///   - size: of the whole object in bytes, checked.
    ///   - checksum: of the whole object, when known and every part was sent with one.
    func completeMultipartUpload(
        _ upload: MultipartUpload, as object: NewObject, parts: [Part], size: UInt64,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject

    /// Throws the parts away; success when the upload is gone already (AbortMultipartUpload).
    func abortMultipartUpload(_ upload: MultipartUpload) async throws(ObjectStoreError)

    /// The parts that an upload holds, all pages (ListParts).
    func listParts(_ upload: MultipartUpload) async throws(ObjectStoreError) -> [Part]

    /// The uploads under way below a prefix, all pages up to `limit` (ListMultipartUploads).
    func listMultipartUploads(
        prefix: ObjectKey, limit: Int
    ) async throws(ObjectStoreError) -> [(upload: MultipartUpload, initiated: Timestamp)]
}
