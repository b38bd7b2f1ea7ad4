import HTTP
package import ObjectStorage

extension S3ObjectStore {
    package func uploadPartCopy(
        _ number: PartNumber, of upload: MultipartUpload, source: ObjectKey, sourceETag: ETag,
        range: ByteRange
    ) async throws(ObjectStoreError) -> Part {
        let operation = "UploadPartCopy"
        guard !range.isEmpty, range.count <= capabilities.maximumPartSize else {
            throw ObjectStoreError(
                range.isEmpty ? .invalidRequest : .tooLarge, operation: operation,
                detail: "a part has 1 byte to 5 GiB")
        }
        // Of what `writeHeaders` makes, this operation takes nothing: encryption, ACL and the rest
        // were fixed when the upload was begun.
        var headers = HTTPHeaders()
        try appendSource(source, eTag: sourceETag, to: &headers, operation)
        headers.append("x-amz-copy-source-range", "bytes=\(range.offset)-\(range.end - 1)")
        let sent = S3Request(
            operation, .put, key: try client.bucketKey(upload.key, operation),
            query: partQuery(number, of: upload), headers: headers, timeouts: .longWork)
        return try await client.retrying(.publish) { () async throws(ObjectStoreError) in
            let response = try await client.send(sent)
            let result = try CopyResult(
                response.body, operation: operation, root: "CopyPartResult")
            try checkEncryption(ofPart: ObjectHead(response.head.headers), operation)
            return Part(
                number: number, eTag: result.eTag, size: range.count, checksum: result.checksum)
        }
    }
}
