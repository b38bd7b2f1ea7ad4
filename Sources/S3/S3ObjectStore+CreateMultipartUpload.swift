import Checksums
import HTTP
package import ObjectStorage
import XML

extension S3ObjectStore {
    package func createMultipartUpload(
        _ object: NewObject
    ) async throws(ObjectStoreError) -> MultipartUpload {
        try await withChecksumAlgorithm("CreateMultipartUpload") {
            (algorithm) async throws(ObjectStoreError) in
            try await create(object, algorithm)
        }
    }

    private func create(
        _ object: NewObject, _ algorithm: ChecksumAlgorithm
    ) async throws(ObjectStoreError) -> MultipartUpload {
        let operation = "CreateMultipartUpload"
        let putID = try client.makePutID()
        var headers = try client.writeHeaders(
            for: .createMultipartUpload, object, putID: putID)
        headers.append("x-amz-checksum-algorithm", algorithm.rawValue)
        headers.append("x-amz-checksum-type", "FULL_OBJECT")
        let sent = S3Request(
            operation, .post, key: try client.bucketKey(object.key, operation),
            query: [("uploads", nil)], headers: headers)
        // A lost answer leaves an upload behind that nobody knows: the bucket's lifecycle rule for
        // incomplete uploads, or the sweep of old ones, removes it.
        let response = try await client.retrying(.publish) { () async throws(ObjectStoreError) in
            try await client.send(sent)
        }
        let identifier = try XMLDocument.readResult(
            response.body, operation: operation, root: "InitiateMultipartUploadResult"
        ) { (xml) throws(XMLError) in
            var identifier = ""
            while let name = try xml.nextChild() {
                if name == "UploadId" { identifier = try xml.text() } else { try xml.skip() }
            }
            return identifier
        }
        guard !identifier.isEmpty else { throw .malformed(operation, "no UploadId", status: 200) }
        let upload = MultipartUpload(key: object.key, identifier: identifier)
        let answered = response.head.headers
        uploads.add(
            UploadNotes.Note(
                putID: putID, algorithm: algorithm,
                hasFullObjectChecksum: answered["x-amz-checksum-type"] == "FULL_OBJECT"),
            for: upload)
        try await confirmEncryption(of: upload, ObjectHead(answered), operation: operation)
        return upload
    }

    /// No byte of content goes to an upload before its encryption is confirmed. A store that does
    /// not say it in this answer is asked with a part of one zero byte, which is never used.
    private func confirmEncryption(
        of upload: MultipartUpload, _ head: ObjectHead, operation: String
    ) async throws(ObjectStoreError) {
        let wanted = client.configuration.encryption
        if head.encryption.satisfies(wanted) { return }
        if head.encryption == .none, try await probePart(of: upload).satisfies(wanted) { return }
        try? await abortMultipartUpload(upload)
        throw ObjectStoreError(
            .encryptionNotConfirmed, operation: operation, status: 200,
            detail: "the store did not confirm the encryption; nothing was sent")
    }

    private func probePart(
        of upload: MultipartUpload
    ) async throws(ObjectStoreError) -> ServerSideEncryption {
        guard let number = ProbePart.number else { return .none }
        let algorithm = uploads.note(for: upload)?.algorithm ?? client.current.checksum
        let body = MemorySource([0])
        let request = try partRequest(
            number, of: upload, body: body,
            checksum: try Checksum(of: body, algorithm: algorithm))
        let response = try await client.retrying(.publish) { () async throws(ObjectStoreError) in
            try await client.send(request)
        }
        return ObjectHead(response.head.headers).encryption
    }
}

/// The part that asks a store how it encrypts an upload: the last number, one zero byte. Content
/// that needs 10,000 parts replaces it.
enum ProbePart {
    static let number = PartNumber(PartNumber.allowed.upperBound)
    static let size: UInt64 = 1
}
