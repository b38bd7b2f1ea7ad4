extension ObjectStore {
    /// Parts of one copy that are made side by side.
    private static var parallelParts: Int { 8 }
    /// Bytes of a copied part: the store copies 8 of them at once in a few seconds.
    private static var copiedPartSize: UInt64 { 256 << 20 }

    /// Copies an object of any size inside the bucket: CopyObject, or a multipart copy above the
    /// largest single copy. The parts all come of the version `request.sourceETag`.
    /// - Parameters:
    ///   - size: of the source in bytes.
    ///   - limit: the most bytes to copy in one request; nil for the store's own limit. A copy in
    ///     parts is faster, but does not keep tags.
    /// - Throws: `preconditionFailed` when the source changed; an upload begun is then aborted.
    package func copyAnySize(
        _ request: CopyRequest, size: UInt64, inPartsAbove limit: UInt64? = nil
    ) async throws(ObjectStoreError) -> StoredObject {
        var request = request
        guard size > min(limit ?? .max, capabilities.maximumPartSize) else {
            // Onto itself, the source's version is the condition.
            if request.source == request.target.key { request.target.condition = .none }
            return try await copy(request)
        }
        guard let sourceETag = request.sourceETag else {
            throw ObjectStoreError(
                .invalidRequest, operation: "UploadPartCopy",
                detail: "a copy in parts needs the version of its source")
        }
        if !request.replacesMetadata {
            let source = try await head(request.source)
            request.target.userMetadata = source.userMetadata ?? [:]
            request.target.contentType = source.contentType
        }
        let upload = try await createMultipartUpload(request.target)
        do throws(ObjectStoreError) {
            let parts = try await copyParts(
                of: request.source, sourceETag: sourceETag, size: size, to: upload)
            return try await completeMultipartUpload(
                upload, as: request.target, parts: parts, size: size, checksum: nil)
        } catch {
            throw await abandoning(upload, after: error)
        }
    }

    /// Aborts an upload, also when the caller was cancelled.
    /// - Returns: `error`, telling too when the upload could not be aborted.
    private func abandoning(
        _ upload: MultipartUpload, after error: ObjectStoreError
    ) async -> ObjectStoreError {
        let outcome = await Task {
            await Result { () async throws(ObjectStoreError) in
                try await self.abortMultipartUpload(upload)
            }
        }.value
        guard case .failure(let abortError) = outcome else { return error }
        return ObjectStoreError(
            error.code, operation: error.operation, status: error.status,
            requestID: error.requestID, storeCode: error.storeCode,
            detail: "and the upload could not be aborted: \(abortError.code.rawValue)",
            cause: error)
    }

    private func copyParts(
        of source: ObjectKey, sourceETag: ETag, size: UInt64, to upload: MultipartUpload
    ) async throws(ObjectStoreError) -> [Part] {
        let least =
            (size + UInt64(capabilities.maximumPartCount) - 1)
            / UInt64(capabilities.maximumPartCount)
        let partSize = min(max(Self.copiedPartSize, least), capabilities.maximumPartSize)
        let count = Int((size + partSize - 1) / partSize)
        let results = await withTaskGroup(of: Result<Part, ObjectStoreError>.self) { group in
            var results: [Result<Part, ObjectStoreError>] = []
            for index in 0..<count {
                if index >= Self.parallelParts, let result = await group.next() {
                    results.append(result)
                    if case .failure = result { break }
                }
                guard let number = PartNumber(index + 1) else { break }
                let offset = UInt64(index) * partSize
                let range = ByteRange(offset: offset, count: min(partSize, size - offset))
                group.addTask {
                    await Result { () async throws(ObjectStoreError) in
                        try await self.uploadPartCopy(
                            number, of: upload, source: source, sourceETag: sourceETag,
                            range: range)
                    }
                }
            }
            for await result in group { results.append(result) }
            return results
        }
        var parts: [Part] = []
        for result in results { parts.append(try result.get()) }
        return parts.sorted { $0.number < $1.number }
    }
}

extension Result where Success: Sendable {
    /// The outcome of an async body.
    package init(_ body: () async throws(Failure) -> Success) async {
        do throws(Failure) {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
