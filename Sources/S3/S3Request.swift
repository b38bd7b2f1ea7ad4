import HTTP
import ObjectStorage
import SigV4

/// One request to the bucket, before it is addressed, dated and signed.
struct S3Request: Sendable {
    /// As the S3 API names it.
    let operation: String
    let method: HTTPMethod
    /// As in the bucket, with the configured prefix; nil for the bucket itself.
    let key: ObjectKey?
    let query: SigV4Query
    var headers: HTTPHeaders
    var body: (any ByteSource)?
    /// Hex SHA-256 of the body, where it was computed already.
    var bodySHA256: String?
    var timeouts: HTTPRequest.Timeouts
    /// What a 404 means when the answer has no body.
    var headMeaning: ObjectStoreError.Code?
    /// Bytes of an answer that are collected in memory.
    var bodyLimit: Int

    /// Bytes of an answer without content. S3's longest error document is below 2 KiB.
    static let shortAnswer = 64 << 10
    /// A listing of 1,000 keys of 1,024 bytes, each byte percent-encoded, and their attributes.
    static let longAnswer = 16 << 20

    init(
        _ operation: String, _ method: HTTPMethod, key: ObjectKey?,
        query: [(name: String, value: String?)] = [], headers: HTTPHeaders = HTTPHeaders(),
        body: (any ByteSource)? = nil, timeouts: HTTPRequest.Timeouts = HTTPRequest.Timeouts(),
        bodyLimit: Int = shortAnswer
    ) {
        self.operation = operation
        self.method = method
        self.key = key
        self.query = SigV4Query(query)
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.bodyLimit = bodyLimit
        headMeaning = method == .head ? (key == nil ? .noSuchBucket : .noSuchKey) : nil
    }
}

extension HTTPRequest.Timeouts {
    /// A request with content: the store may need its time to store it.
    static let content = HTTPRequest.Timeouts(firstByte: .seconds(30))
    /// CompleteMultipartUpload and server-side copies: the store may send white space, or nothing,
    /// for minutes while it works.
    /// Source: S3 API Reference, CompleteMultipartUpload.
    static let longWork = HTTPRequest.Timeouts(
        firstByte: .seconds(600), stall: .seconds(600), total: .seconds(600))
}
