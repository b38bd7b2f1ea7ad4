import Checksums
import HTTP
package import ObjectStorage
import XML

extension S3ObjectStore {
    package func delete(_ key: ObjectKey, ifMatch eTag: ETag?) async throws(ObjectStoreError) {
        let operation = "DeleteObject"
        var headers = HTTPHeaders()
        if let eTag, capabilities.conditionalDelete {
            headers.append("if-match", eTag.headerValue)
        }
        let request = S3Request(
            operation, .delete, key: try client.bucketKey(key, operation), headers: headers)
        do {
            _ = try await client.retrying(.publish) { () async throws(ObjectStoreError) in
                try await client.send(request)
            }
        } catch {
            guard error.code == .noSuchKey else { throw error }
        }
    }

    package func delete(
        _ keys: [ObjectKey]
    ) async throws(ObjectStoreError) -> [(key: ObjectKey, error: ObjectStoreError)] {
        let operation = "DeleteObjects"
        guard (1...1000).contains(keys.count) else {
            if keys.isEmpty { return [] }
            throw ObjectStoreError(
                .invalidRequest, operation: operation, detail: "more than 1,000 keys")
        }
        var byBucketKey: [ObjectKey: ObjectKey] = [:]
        var document = "<Delete xmlns=\"\(S3XML.namespace)\"><Quiet>true</Quiet>"
        for key in keys {
            let full = try client.bucketKey(key, operation)
            guard byBucketKey.updateValue(key, forKey: full) == nil else { continue }
            document += "<Object><Key>\(try S3XML.escape(full, operation))</Key></Object>"
        }
        document += "</Delete>"
        let body = Array(document.utf8)
        let algorithm = client.current.checksum
        let sum = Checksum(of: body.span, algorithm: algorithm)
        let request = S3Request(
            operation, .post, key: nil, query: [("delete", nil)],
            headers: HTTPHeaders([
                ("content-type", "application/xml"), (algorithm.headerName, sum.headerValue),
            ]),
            body: MemorySource(body), timeouts: .content, bodyLimit: S3Request.longAnswer)
        let asked = byBucketKey
        return try await client.retrying(.publish) { () async throws(ObjectStoreError) in
            let response = try await client.send(request)
            return try Self.failures(in: response.body, operation: operation, asked: asked)
        }
    }

    /// The keys that were not deleted; those that the answer names but nobody asked for are left
    /// out.
    private static func failures(
        in body: [UInt8], operation: String, asked: [ObjectKey: ObjectKey]
    ) throws(ObjectStoreError) -> [(key: ObjectKey, error: ObjectStoreError)] {
        let failed: [(String, String?)] = try XMLDocument.readResult(
            body, operation: operation, root: "DeleteResult"
        ) { (xml) throws(XMLError) in
            var failed: [(String, String?)] = []
            while let name = try xml.nextChild() {
                guard name == "Error" else {
                    try xml.skip()
                    continue
                }
                var key = ""
                var code: String?
                while let part = try xml.nextChild() {
                    switch part {
                    case "Key": key = try xml.text()
                    case "Code": code = S3ErrorDocument.word(try xml.text())
                    default: try xml.skip()
                    }
                }
                failed.append((key, code))
            }
            return failed
        }
        return failed.compactMap { key, code in
            guard let key = asked[ObjectKey(key)], code != "NoSuchKey" else { return nil }
            var document = S3ErrorDocument()
            document.code = code
            return (key, ObjectStoreError(inSuccess: document, operation: operation))
        }
    }
}
