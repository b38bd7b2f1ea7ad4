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
