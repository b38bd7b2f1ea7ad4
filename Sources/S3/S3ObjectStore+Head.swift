import HTTP
package import ObjectStorage

extension S3ObjectStore {
    package func head(_ key: ObjectKey) async throws(ObjectStoreError) -> ObjectAttributes {
        let request = try headRequest(key)
        return try await client.retrying(.read) { () async throws(ObjectStoreError) in
            let (head, size) = try await headOnce(request)
            return try head.attributes(size: size, operation: request.operation)
        }
    }

    func headRequest(_ key: ObjectKey) throws(ObjectStoreError) -> S3Request {
        let operation = "HeadObject"
        return S3Request(
            operation, .head, key: try client.bucketKey(key, operation),
            headers: HTTPHeaders([("x-amz-checksum-mode", "ENABLED")]))
    }

    /// One try.
    /// - Returns: also the object's size in bytes.
    func headOnce(
        _ request: S3Request
    ) async throws(ObjectStoreError) -> (head: ObjectHead, size: UInt64) {
        let response = try await client.send(request)
        let head = ObjectHead(response.head.headers)
        guard response.head.status == 200, let size = head.contentLength else {
            throw .malformed(
                request.operation, "no Content-Length, or not status 200",
                status: response.head.status)
        }
        return (head, size)
    }
}
