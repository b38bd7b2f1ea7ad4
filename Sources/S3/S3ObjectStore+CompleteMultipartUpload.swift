import Checksums
import HTTP
package import ObjectStorage
import XML

extension S3ObjectStore {
    package func completeMultipartUpload(
        _ upload: MultipartUpload, as object: NewObject, parts: [Part], size: UInt64,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        let operation = "CompleteMultipartUpload"
        try check(parts, operation)
        let note = uploads.note(for: upload)
        let whole = note?.hasFullObjectChecksum == true ? checksum : nil
        let request = try completion(
            of: upload, object, parts: parts, size: size, checksum: whole, operation)
        // Without a note the id is that of an earlier process; the metadata still has to fit.
        var write = WriteSettlement(
            key: object.key, putID: note?.putID, metadata: object.userMetadata, size: size,
            checksum: checksum)
        let stored = try await settling(&write, operation) {
            (_) async throws(ObjectStoreError) in
            let response = try await client.send(request)
            return try await completed(response, object.key, size: size, checksum: checksum)
        }
        uploads.remove(upload)
        return stored
    }

    private func check(_ parts: [Part], _ operation: String) throws(ObjectStoreError) {
        let isAscending = zip(parts, parts.dropFirst()).allSatisfy { $0.number < $1.number }
        guard !parts.isEmpty, isAscending else {
            throw ObjectStoreError(
                .invalidRequest, operation: operation, detail: "no parts, or not in order")
        }
    }

    private func completion(
        of upload: MultipartUpload, _ object: NewObject, parts: [Part], size: UInt64,
        checksum: Checksum?, _ operation: String
    ) throws(ObjectStoreError) -> S3Request {
        var document = "<CompleteMultipartUpload xmlns=\"\(S3XML.namespace)\">"
        for part in parts {
            document += "<Part><PartNumber>\(part.number.rawValue)</PartNumber>"
            document += "<ETag>\(S3XML.escape(part.eTag.headerValue))</ETag>"
            if let checksum = part.checksum {
                let element = "Checksum" + checksum.algorithm.rawValue
                document += "<\(element)>\(checksum.headerValue)</\(element)>"
            }
            document += "</Part>"
        }
        document += "</CompleteMultipartUpload>"
        var headers = HTTPHeaders([
            ("content-type", "application/xml"), ("x-amz-mp-object-size", String(size)),
        ])
        if let checksum {
            headers.append(checksum.algorithm.headerName, checksum.headerValue)
            headers.append("x-amz-checksum-type", "FULL_OBJECT")
        }
        headers.append(object.condition)
        return S3Request(
            operation, .post, key: try client.bucketKey(upload.key, operation),
            query: [("uploadId", upload.identifier)], headers: headers,
            body: MemorySource(Array(document.utf8)), timeouts: .longWork)
    }

    /// Checks the answer: no error in it, checksum and encryption as asked. Where it does not tell
    /// about the encryption, HEAD does, and about the size too.
    private func completed(
        _ response: HTTPResponse, _ key: ObjectKey, size: UInt64, checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        let operation = "CompleteMultipartUpload"
        let result = try XMLDocument.readResult(
            response.body, operation: operation, root: "CompleteMultipartUploadResult"
        ) { (xml) throws(XMLError) in try ResultFields(&xml) }
        guard let eTag = result.eTag else {
            throw .malformed(operation, "the answer has no ETag", status: 200)
        }
        var head = ObjectHead(response.head.headers)
        if head.encryption == .none, client.configuration.encryption != .none {
            let (found, foundSize) = try await headOnce(try headRequest(key))
            guard found.eTag == eTag, foundSize == size else {
                throw ObjectStoreError(
                    .malformedResponse, operation: operation, status: 200,
                    detail: "the object is not the one that was completed")
            }
            head = found
        }
        head.eTag = eTag
        head.checksum = result.checksum ?? head.checksum
        if let checksum, let stored = head.checksum, checksum.algorithm == stored.algorithm,
            checksum != stored
        {
            throw ObjectStoreError(
                .checksumMismatch, operation: operation, status: 200,
                detail: "the store's checksum of the whole object is another")
        }
        return try await confirmed(head, key, operation: operation)
    }
}
