private import HTTP
private import ObjectStorage
private import Synchronization

/// The metadata of an EC2 instance, asked with a session token (IMDSv2).
/// Source: EC2 User Guide, "Use the Instance Metadata Service to access instance metadata".
package final class InstanceMetadata: Sendable {
    private struct Token {
        let value: String
        let expiration: Timestamp
    }

    private let settings: CredentialSettings
    private let surroundings: CredentialSurroundings
    private let token = Mutex<Token?>(nil)

    private static let attempts = 3
    private static let answerLimit = 64 << 10
    private static let timeouts = HTTPRequest.Timeouts(
        connect: .seconds(1), firstByte: .seconds(1), total: .seconds(2))
    /// The longest that the service grants: six hours.
    private static let tokenLifetime: Int64 = 21_600

    package init(_ settings: CredentialSettings, _ surroundings: CredentialSurroundings) {
        self.settings = settings
        self.surroundings = surroundings
    }

    /// Whether the user forbade it.
    var isDisabled: Bool {
        settings.environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true"
    }

    /// The region of this instance.
    /// - Throws: `unreachable` where there is no such service, `refused`.
    package func region() async throws(CredentialError) -> String? {
        try await text(at: "/latest/meta-data/placement/region")
    }

    /// One value; nil when the service has none (404).
    /// - Throws: `unreachable`, `refused`, `invalid`.
    func text(at path: String) async throws(CredentialError) -> String? {
        let retries = Retries(
            attempts: Self.attempts, clock: surroundings.clock, pause: .milliseconds(100))
        return try await retries.run { () async throws(CredentialError) -> String? in
            var response = try await get(path)
            if response.head.status == 401 {
                // The token ended early, as after a change of the instance: once more with a new
                // one.
                token.withLock { $0 = nil }
                response = try await get(path)
            }
            switch response.head.status {
            case 200:
                guard let text = String(validating: response.body, as: UTF8.self) else {
                    throw CredentialError(.invalid, detail: "instance metadata are no UTF-8")
                }
                return text
            case 404: return nil
            case 429, 500...: throw Self.failure(.unreachable, response.head.status)
            default: throw Self.failure(.refused, response.head.status)
            }
        }
    }

    private func get(_ path: String) async throws(CredentialError) -> HTTPResponse {
        var headers = HTTPHeaders()
        if let token = try await currentToken() { headers["x-aws-ec2-metadata-token"] = token }
        return try await send(.get, path, headers)
    }

    /// - Returns: nil where version 1 is allowed and the service knows no tokens.
    private func currentToken() async throws(CredentialError) -> String? {
        let now = surroundings.wallClock.now()
        let known = token.withLock { token in
            token.flatMap { $0.expiration > now ? $0.value : nil }
        }
        if let known { return known }
        let lifetime = Self.tokenLifetime
        let response = try await send(
            .put, "/latest/api/token",
            HTTPHeaders([("x-aws-ec2-metadata-token-ttl-seconds", String(lifetime))]))
        switch response.head.status {
        case 200: break
        case 403, 404, 405:
            if settings.allowsMetadataVersion1 { return nil }
            throw Self.failure(.refused, response.head.status)
        case 500..., 429: throw Self.failure(.unreachable, response.head.status)
        default: throw Self.failure(.refused, response.head.status)
        }
        let text = String(decoding: response.body, as: UTF8.self)
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CredentialError(.invalid, detail: "the instance metadata's token is no token")
        }
        // A minute less, for the way there.
        let token = Token(value: text, expiration: now.advanced(bySeconds: lifetime - 60))
        self.token.withLock { $0 = token }
        return text
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders
    ) async throws(CredentialError) -> HTTPResponse {
        var url = try endpoint()
        let base =
            url.encodedPath.hasSuffix("/") ? url.encodedPath.dropLast() : url.encodedPath[...]
        url.encodedPath = base + path
        do throws(HTTPError) {
            return try await surroundings.transport.send(
                HTTPRequest(
                    method: method, url: url, headers: headers, timeouts: Self.timeouts,
                    peer: .metadataService),
                into: nil, bodyLimit: Self.answerLimit)
        } catch {
            var detail = "instance metadata: \(error.code.rawValue)"
            if error.code == .timedOut, method == .put {
                detail += "; inside a container the instance's hop limit must be 2"
            }
            throw CredentialError(
                error.code == .invalidRequest ? .invalid : .unreachable, detail: detail)
        }
    }

    private func endpoint() throws(CredentialError) -> HTTPURL {
        let environment = settings.environment
        if let text = environment.nonEmpty("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            guard let url = HTTPURL(text) else {
                throw CredentialError(
                    .invalid, detail: "AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL")
            }
            return url
        }
        let isIPv6 =
            environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        return HTTPURL(scheme: .http, host: isIPv6 ? "[fd00:ec2::254]" : "169.254.169.254")
    }

    private static func failure(
        _ code: CredentialError.Code, _ status: Int
    ) -> CredentialError {
        CredentialError(code, detail: "instance metadata: HTTP \(status)")
    }
}
