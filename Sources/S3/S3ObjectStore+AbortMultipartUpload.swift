import HTTP
package import ObjectStorage

extension S3ObjectStore {
    package func abortMultipartUpload(
        _ upload: MultipartUpload
    ) async throws(ObjectStoreError) {
        let operation = "AbortMultipartUpload"
        let request = S3Request(
            operation, .delete, key: try client.bucketKey(upload.key, operation),
            query: [("uploadId", upload.identifier)])
        do {
            _ = try await client.retrying(.publish) { () async throws(ObjectStoreError) in
                try await client.send(request)
            }
        } catch {
            guard error.code == .noSuchUpload else { throw error }
        }
        uploads.remove(upload)
    }
}
