import Checksums
import HTTP
import Logging
package import ObjectStorage
import Synchronization
import Telemetry

extension S3ObjectStore {
    package func put(
        _ object: NewObject, body: any ByteSource, checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        let operation = "PutObject"
        guard body.count <= capabilities.maximumPartSize else {
            throw ObjectStoreError(
                .tooLarge, operation: operation, detail: "too large for a single put")
        }
        return try await withChecksumAlgorithm(operation) {
            (algorithm) async throws(ObjectStoreError) in
            try await put(
                object, body: body, checksum: try self.checksum(checksum, of: body, algorithm))
        }
    }

    /// The checksum of a body by that algorithm: the caller's if it is one.
    func checksum(
        _ given: Checksum?, of body: any ByteSource, _ algorithm: ChecksumAlgorithm
    ) throws(ObjectStoreError) -> Checksum {
        if let given, given.algorithm == algorithm { return given }
        return try Checksum(of: body, algorithm: algorithm)
    }

    private func put(
        _ object: NewObject, body: any ByteSource, checksum: Checksum
    ) async throws(ObjectStoreError) -> StoredObject {
        let operation = "PutObject"
        let putID = try client.makePutID()
        let key = try client.bucketKey(object.key, operation)
        var headers = try client.writeHeaders(for: .put, object, putID: putID)
        headers.append(checksum.algorithm.headerName, checksum.headerValue)
        var condition = object.condition
        var write = WriteSettlement(
            key: object.key, putID: putID, metadata: object.userMetadata, size: body.count,
            checksum: checksum)
        // A conflict is another write under way: afterwards the condition holds or does not.
        return try await settling(&write, operation, also: [.conflict]) {
            (write) async throws(ObjectStoreError) in
            var sent = headers
            sent.append(condition)
            let response = try await client.send(
                S3Request(
                    operation, .put, key: key, headers: sent, body: body, timeouts: .content))
            let head = ObjectHead(response.head.headers)
            if let echo = head.checksum, echo.algorithm == checksum.algorithm, echo != checksum {
                // What is there now is ours and wrong: only that may the next try replace.
                if condition != .none, let eTag = head.eTag { condition = .ifMatch(eTag) }
                throw ObjectStoreError(
                    .checksumMismatch, operation: operation, status: response.head.status,
                    detail: "the store confirmed another checksum than was sent")
            }
            return try await confirmed(head, object.key, operation: operation)
        }
    }

    /// Runs the tries of a write; where one may have succeeded unheard, HEAD decides.
    /// - Throws: also `preconditionFailed` when the object that should be replaced is not there.
    func settling(
        _ write: inout WriteSettlement, _ operation: String,
        also: Set<ObjectStoreError.Code> = [],
        _ attempt: (WriteSettlement) async throws(ObjectStoreError) -> StoredObject
    ) async throws(ObjectStoreError) -> StoredObject {
        var retries = client.retries(for: .publish)
        while true {
            do {
                return try await attempt(write)
            } catch {
                if write.mayBeOwnSuccess(error),
                    let stored = try await settled(write, operation: operation)
                {
                    return stored
                }
                write.note(error)
                do throws(ObjectStoreError) {
                    try await client.waitForRetry(&retries, after: error, also: also)
                } catch {
                    // The last answer was lost: it may have said that all is well.
                    if write.effectUnknown, error.code.leavesEffectUnknown, !Task.isCancelled,
                        let stored = try? await settled(
                            write, operation: operation, for: .read)
                    {
                        return stored
                    }
                    throw error.asUnmetCondition
                }
            }
        }
    }

    /// Runs `body` with the checksum algorithm of this store, and once more with CRC-32C where a
    /// store does not know CRC-64/NVME and the choice is left to us.
    func withChecksumAlgorithm<Result>(
        _ operation: String,
        _ body: (ChecksumAlgorithm) async throws(ObjectStoreError) -> Result
    ) async throws(ObjectStoreError) -> Result {
        let algorithm = client.current.checksum
        do {
            return try await body(algorithm)
        } catch {
            guard client.configuration.checksum == .automatic, algorithm == .crc64NVME,
                error.mayMeanUnknownChecksum
            else { throw error }
            guard let result = try? await body(.crc32C) else { throw error }
            client.state.withLock { $0.checksum = .crc32C }
            client.logger.event(.info, "The store does not know CRC-64/NVME; sending CRC-32C")
            return result
        }
    }
}

extension ObjectStoreError {
    /// A write with `If-Match` over nothing is answered 404 by some and 412 by others.
    fileprivate var asUnmetCondition: ObjectStoreError {
        guard code == .noSuchKey else { return self }
        return ObjectStoreError(
            .preconditionFailed, operation: operation, status: status, requestID: requestID,
            storeCode: storeCode, detail: "the object that was to be replaced is not there")
    }

    /// Whether this can be a store's way to say that it does not know a checksum's header.
    fileprivate var mayMeanUnknownChecksum: Bool {
        guard code == .invalidRequest || code == .unsupported else { return false }
        switch storeCode {
        case "InvalidArgument", "InvalidRequest", "NotImplemented", "InvalidDigest": return true
        default: return false
        }
    }
}
