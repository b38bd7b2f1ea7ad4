import HTTP
import ObjectStorage

/// One write on its way through its tries, and how to tell its success from another's.
struct WriteSettlement: Sendable {
    let key: ObjectKey
    /// Nil when the write was begun by an earlier process.
    let putID: String?
    /// What the object's own metadata must say.
    let metadata: [String: String]
    /// Of the whole object, in bytes.
    let size: UInt64
    /// Of the whole object, where known.
    let checksum: Checksum?
    /// Whether an earlier try may have taken effect.
    private(set) var effectUnknown = false
    /// Whether the store confirmed a try with a wrong checksum: that object is ours and is bad.
    private(set) var sawMismatch = false

    init(
        key: ObjectKey, putID: String?, metadata: [String: String], size: UInt64,
        checksum: Checksum?
    ) {
        self.key = key
        self.putID = putID
        self.metadata = metadata
        self.size = size
        self.checksum = checksum
    }

    /// Takes note of a failed try.
    mutating func note(_ error: ObjectStoreError) {
        if error.code.leavesEffectUnknown { effectUnknown = true }
        if error.code == .checksumMismatch { sawMismatch = true }
    }

    /// Whether the refusal of a later try can be the answer to an earlier one's success.
    func mayBeOwnSuccess(_ error: ObjectStoreError) -> Bool {
        switch error.code {
        case .noSuchUpload: return true
        // An earlier process may have succeeded before it ended.
        case .preconditionFailed, .conflict, .noSuchKey: return effectUnknown || putID == nil
        default: return false
        }
    }

    /// Whether the object that is there now is the one that this write made.
    func isOwn(_ head: ObjectHead, size found: UInt64) -> Bool {
        guard found == size, head.userMetadata == metadata, head.putID != nil,
            putID == nil || head.putID == putID
        else { return false }
        guard let checksum, let stored = head.checksum, checksum.algorithm == stored.algorithm
        else { return !sawMismatch }
        return checksum == stored
    }
}

extension S3ObjectStore {
    /// Looks whether an earlier try of this write succeeded.
    /// - Parameter purpose: how long HEAD itself is tried.
    /// - Returns: nil when the object is not there or is another's.
    /// - Throws: what HeadObject throws, but not `noSuchKey`: the outcome is unknown then;
    ///   `encryptionNotConfirmed` when the object is there and not encrypted as asked.
    func settled(
        _ write: WriteSettlement, operation: String, for purpose: RetryPolicy.Purpose = .publish
    ) async throws(ObjectStoreError) -> StoredObject? {
        let request = try headRequest(write.key)
        let answer: (head: ObjectHead, size: UInt64)
        do {
            answer = try await client.retrying(purpose) { () async throws(ObjectStoreError) in
                try await headOnce(request)
            }
        } catch {
            guard error.code == .noSuchKey else { throw error }
            return nil
        }
        guard write.isOwn(answer.head, size: answer.size) else { return nil }
        return try await confirmed(answer.head, write.key, operation: operation)
    }

    /// The acknowledgement that an answer's headers make, if the encryption is as asked.
    /// - Throws: `encryptionNotConfirmed`, after the object was deleted again; `malformedResponse`
    ///   without an ETag.
    func confirmed(
        _ head: ObjectHead, _ key: ObjectKey, operation: String
    ) async throws(ObjectStoreError) -> StoredObject {
        guard let eTag = head.eTag else {
            throw .malformed(operation, "the answer has no ETag", status: 200)
        }
        guard
            head.encryption.satisfies(client.configuration.encryption)
                || Self.isEmptyMarker(key, eTag)
        else {
            let isGone = await withdraw(key, eTag: eTag, versionID: head.versionID)
            throw ObjectStoreError(
                .encryptionNotConfirmed, operation: operation, status: 200,
                detail: isGone
                    ? "the store did not encrypt as asked; the object was deleted again"
                    : "the store did not encrypt as asked, and the object is still there")
        }
        return StoredObject(
            eTag: eTag, versionID: head.versionID, encryption: head.encryption,
            checksum: head.checksum, lastModified: head.lastModified)
    }

    /// Whether a key is a directory's marker and its content is proven to be empty by its ETag, the
    /// MD5 of nothing: there is nothing to encrypt, and stores that keep directories of their own
    /// (SeaweedFS) say nothing of encryption.
    private static func isEmptyMarker(_ key: ObjectKey, _ eTag: ETag) -> Bool {
        key.rawValue.utf8.last == UInt8(ascii: "/")
            && eTag.rawValue == "d41d8cd98f00b204e9800998ecf8427e"
    }

    /// Deletes the version that was just written, and no other.
    /// - Returns: whether it is gone.
    private func withdraw(_ key: ObjectKey, eTag: ETag, versionID: String?) async -> Bool {
        let operation = "DeleteObject"
        do {
            let full = try client.bucketKey(key, operation)
            var request: S3Request
            if let versionID {
                request = S3Request(
                    operation, .delete, key: full, query: [("versionId", versionID)])
            } else {
                request = S3Request(operation, .delete, key: full)
                if capabilities.conditionalDelete {
                    request.headers.append("if-match", eTag.headerValue)
                }
            }
            let sent = request
            _ = try await client.retrying(.publish) { () async throws(ObjectStoreError) in
                try await client.send(sent)
            }
            return true
        } catch {
            return error.code == .noSuchKey
        }
    }
}
