import Credentials
import Encryption
import HTTP
import Logging
import ObjectStorage
import SigV4
import Synchronization
import Telemetry

/// Sends requests to one bucket: addresses, signs, mends what can be mended at once, repeats.
///
/// Any task may use it. Locks: `state` alone, held for a few assignments.
final class BucketClient: Sendable {
    struct State: Sendable {
        var endpoint: S3Endpoint
        var signer: SigV4Signer
        /// The bucket answered that it has no ACLs.
        var aclsDisabled = false
        /// What `ChecksumChoice.automatic` means by now.
        var checksum: ChecksumAlgorithm

        init(_ configuration: S3Configuration, region: String) {
            endpoint = S3Endpoint(configuration, region: region)
            signer = SigV4Signer(region: region, service: "s3")
            checksum = configuration.checksum == .crc32C ? .crc32C : .crc64NVME
        }
    }

    let configuration: S3Configuration
    let clock: any Clock<Duration>
    let time: WallClockOffset
    let budget = RetryBudget()
    let limit: ConcurrencyLimit
    let logger: Logger
    let counters: Counters
    let credentials: any CredentialProvider
    let state: Mutex<State>
    private let transport: any HTTPTransport
    private let random: RandomByteSource

    init(
        _ configuration: S3Configuration, transport: any HTTPTransport,
        credentials: any CredentialProvider, clock: any Clock<Duration>, wallClock: any WallClock,
        random: @escaping RandomByteSource, logger: Logger, counters: Counters
    ) {
        self.configuration = configuration
        self.transport = transport
        self.credentials = credentials
        self.clock = clock
        self.random = random
        self.logger = logger
        self.counters = counters
        time = WallClockOffset(wallClock)
        limit = ConcurrencyLimit(maximum: configuration.maximumConcurrency, clock: clock)
        state = Mutex(State(configuration, region: configuration.region))
    }

    /// What is known of the bucket by now.
    var current: State { state.withLock { $0 } }

    /// The key as in the bucket.
    /// - Throws: `invalidRequest` when it is empty or longer than S3 takes.
    func bucketKey(_ key: ObjectKey, _ operation: String) throws(ObjectStoreError) -> ObjectKey {
        let prefix = configuration.keyPrefix.rawValue
        let full = prefix.isEmpty ? key : ObjectKey(prefix + key.rawValue)
        guard full.isStorable, !key.rawValue.isEmpty else {
            throw ObjectStoreError(
                .invalidRequest, operation: operation, detail: "a key has 1 to 1,024 bytes")
        }
        return full
    }

    /// A new random identifier of one write: 128 bits as 32 digits.
    func makePutID() throws(ObjectStoreError) -> String {
        do {
            let digits = Array("0123456789abcdef".utf8)
            let bytes = try random(16)
            return String(
                decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
                as: UTF8.self)
        } catch {
            throw ObjectStoreError(
                .unsupported, operation: "put-id", detail: "no random numbers", cause: error)
        }
    }

    /// A random number from 0 to 1; 1 (the longest wait) when there is none.
    private func randomFraction() -> Double {
        guard let bytes = try? random(4), bytes.count == 4 else { return 1 }
        let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Double(number) / Double(UInt32.max)
    }

    /// The way of one request through its tries.
    func retries(for purpose: RetryPolicy.Purpose) -> Retries {
        Retries(
            configuration.retry, for: purpose, budget: budget, clock: clock,
            random: { self.randomFraction() })
    }

    /// Runs `body` until it succeeds or is not worth another try.
    /// - Parameter also: codes that are worth one here, beside those that always are.
    func retrying<Result>(
        _ purpose: RetryPolicy.Purpose, also: Set<ObjectStoreError.Code> = [],
        _ body: () async throws(ObjectStoreError) -> Result
    ) async throws(ObjectStoreError) -> Result {
        var retries = retries(for: purpose)
        while true {
            do {
                return try await body()
            } catch {
                try await waitForRetry(&retries, after: error, also: also)
            }
        }
    }

    /// - Throws: `error` when there is to be no other try; `cancelled`.
    func waitForRetry(
        _ retries: inout Retries, after error: ObjectStoreError,
        also: Set<ObjectStoreError.Code> = []
    ) async throws(ObjectStoreError) {
        do {
            try await retries.wait(after: error, also: also)
        } catch {
            counters.add(to: .storeErrors)
            throw error
        }
        counters.add(to: .storeRetries)
        logger.event(
            .debug, "Trying a request again",
            [
                .operation: LogWord(error.operation), .code: LogWord(error.code.rawValue),
                .attempt: retries.totalFailures + 1,
            ])
    }

    /// Makes one try, with at most one repair of each kind: region, clock, credentials, ACL.
    /// - Returns: an answer with a status of 200 to 299.
    func send(
        _ request: S3Request, into sink: (any HTTPBodySink)? = nil
    ) async throws(ObjectStoreError) -> HTTPResponse {
        var request = request
        var repairs: Set<Repair> = []
        try hashBody(of: &request)
        while true {
            let credentials = try await currentCredentials(request.operation)
            let current = current
            let endpoint = current.endpoint
            let signed = sign(request, for: endpoint, by: current.signer, with: credentials)
            let response = try await exchange(signed, request, into: sink)
            if (200..<300).contains(response.head.status) {
                budget.reward()
                if !repairs.isEmpty { remember(repairs) }
                return response
            }
            let document = S3ErrorDocument(response.body)
            let failure = Failure(
                request: request, response: response, document: document, endpoint: endpoint,
                credentials: credentials)
            let repair = Repair(failure)
            if let repair, repairs.insert(repair).inserted, await apply(repair, failure, &request) {
                continue
            }
            let error = ObjectStoreError(
                response, document: document, operation: request.operation,
                headMeaning: request.headMeaning)
            if error.code == .throttled { limit.reduce() }
            throw error
        }
    }

    private func currentCredentials(
        _ operation: String
    ) async throws(ObjectStoreError) -> AWSCredentials {
        do {
            return try await credentials.credentials()
        } catch {
            throw ObjectStoreError(
                .credentialsUnavailable, operation: operation, detail: error.detail, cause: error)
        }
    }

    /// Over plain http the body is signed; TLS protects it by itself.
    private func hashBody(of request: inout S3Request) throws(ObjectStoreError) {
        guard let body = request.body, request.bodySHA256 == nil else { return }
        guard !current.endpoint.isSecure else { return }
        request.bodySHA256 = try body.sha256()
    }

    private func sign(
        _ request: S3Request, for endpoint: S3Endpoint, by signer: SigV4Signer,
        with credentials: AWSCredentials
    ) -> HTTPRequest {
        let url = endpoint.url(key: request.key, query: request.query)
        var fields = request.headers.fields
        if let owner = configuration.expectedBucketOwner {
            fields.append(("x-amz-expected-bucket-owner", owner))
        }
        if configuration.requesterPays { fields.append(("x-amz-request-payer", "requester")) }
        let payload: PayloadHash =
            switch (request.body, request.bodySHA256) {
            case (nil, _): .empty
            case (_, let digest?): .sha256(digest)
            case (_, nil): .unsigned
            }
        let signable = SignableRequest(
            method: request.method.rawValue, host: url.authority,
            encodedPath: url.encodedPath, query: request.query, headers: fields, payload: payload)
        fields += signer.sign(signable, with: credentials, at: time.now()).fields
        return HTTPRequest(
            method: request.method, url: url, headers: HTTPHeaders(fields), body: request.body,
            timeouts: request.timeouts)
    }

    private func exchange(
        _ signed: HTTPRequest, _ request: S3Request, into sink: (any HTTPBodySink)?
    ) async throws(ObjectStoreError) -> HTTPResponse {
        try await limit.enter(operation: request.operation)
        defer { limit.leave() }
        counters.add(to: .storeRequests)
        do {
            let response = try await transport.send(
                signed, into: sink, bodyLimit: request.bodyLimit)
            if let body = request.body { counters.add(body.count, to: .bytesUploaded) }
            return response
        } catch {
            throw ObjectStoreError(error, operation: request.operation)
        }
    }
}
