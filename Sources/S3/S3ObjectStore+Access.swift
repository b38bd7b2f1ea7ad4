import HTTP
package import ObjectStorage
import XML

extension S3ObjectStore {
    package func verifyAccess() async throws(ObjectStoreError) {
        do {
            _ = try await client.retrying(.read) { () async throws(ObjectStoreError) in
                try await client.send(S3Request("HeadBucket", .head, key: nil))
            }
            return
        } catch {
            // The answer to HEAD has no body: a listing of one key tells why, and is enough where
            // a policy allows no more than listing below a prefix.
            guard error.status == 400 || error.status == 403 else { throw error }
        }
        _ = try await list(ListRequest(prefix: ObjectKey(""), maximumKeys: 1))
    }

    /// Whether the store heeds conditions of writes: an object is put over a version that does not
    /// exist, under a new random name. A store that heeds them stores nothing; what another stores
    /// is deleted again. For the mount, once: without conditions, lost updates cannot be refused.
    /// - Throws: what PutObject and DeleteObject throw.
    package func heedsConditions() async throws(ObjectStoreError) -> Bool {
        let key = ObjectKey(".wardfs-probe-" + (try client.makePutID()))
        let never = NewObject(key: key, condition: .ifMatch(ETag("0")))
        do {
            _ = try await put(never, body: MemorySource([]), checksum: nil)
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            return true
        }
        try await delete(key, ifMatch: nil)
        return false
    }

    /// The region that the store says the bucket is in (GetBucketLocation); `us-east-1` when it
    /// says
    /// none.
    /// - Throws: what any request throws; `malformedResponse`.
    /// Source: S3 API Reference, GetBucketLocation.
    package func bucketLocation() async throws(ObjectStoreError) -> String {
        let operation = "GetBucketLocation"
        return try await client.retrying(.read) { () async throws(ObjectStoreError) in
            let response = try await client.send(
                S3Request(operation, .get, key: nil, query: [("location", nil)]))
            return try XMLDocument.read(response.body, operation: operation) {
                (xml) throws(XMLError) in
                var region = ""
                // Servers differ in the root: LocationConstraint, or an element around it.
                guard try xml.enterRoot() == "LocationConstraint" else {
                    while let name = try xml.nextChild() {
                        if name == "LocationConstraint" {
                            region = try xml.text()
                        } else {
                            try xml.skip()
                        }
                    }
                    return region
                }
                region = try xml.text()
                return region
            }
        }.nonEmpty ?? "us-east-1"
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
