import Checksums
import HTTP
package import ObjectStorage

extension S3ObjectStore {
    package func uploadPart(
        _ number: PartNumber, of upload: MultipartUpload, body: any ByteSource,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> Part {
        let operation = "UploadPart"
        guard body.count <= capabilities.maximumPartSize else {
            throw ObjectStoreError(.tooLarge, operation: operation, detail: "part above 5 GiB")
        }
        let algorithm = uploads.note(for: upload)?.algorithm ?? client.current.checksum
        let checksum = try self.checksum(checksum, of: body, algorithm)
        let request = try partRequest(number, of: upload, body: body, checksum: checksum)
        return try await client.retrying(.publish) { () async throws(ObjectStoreError) in
            let response = try await client.send(request)
            let head = ObjectHead(response.head.headers)
            guard let eTag = head.eTag else {
                throw .malformed(operation, "the answer has no ETag", status: 200)
            }
            if let echo = head.checksum, echo.algorithm == algorithm, echo != checksum {
                throw ObjectStoreError(
                    .checksumMismatch, operation: operation, status: 200,
                    detail: "the store confirmed another checksum than was sent")
            }
            try checkEncryption(ofPart: head, operation)
            return Part(
                number: number, eTag: eTag, size: body.count,
                checksum: head.checksum?.algorithm == algorithm ? head.checksum : nil)
        }
    }

    func partRequest(
        _ number: PartNumber, of upload: MultipartUpload, body: any ByteSource,
        checksum: Checksum
    ) throws(ObjectStoreError) -> S3Request {
        let operation = "UploadPart"
        return S3Request(
            operation, .put, key: try client.bucketKey(upload.key, operation),
            query: partQuery(number, of: upload),
            headers: HTTPHeaders([(checksum.algorithm.headerName, checksum.headerValue)]),
            body: body, timeouts: .content)
    }

    func partQuery(
        _ number: PartNumber, of upload: MultipartUpload
    ) -> [(name: String, value: String?)] {
        [("partNumber", String(number.rawValue)), ("uploadId", upload.identifier)]
    }

    /// The upload's encryption was confirmed when it was begun; a part that says otherwise is a
    /// store that does not do what it says.
    func checkEncryption(
        ofPart head: ObjectHead, _ operation: String
    ) throws(ObjectStoreError) {
        guard
            head.encryption == .none
                || head.encryption.satisfies(client.configuration.encryption)
        else {
            throw ObjectStoreError(
                .encryptionNotConfirmed, operation: operation, status: 200,
                detail: "a part is encrypted in another way than was asked for")
        }
    }
}
