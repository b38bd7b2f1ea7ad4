import HTTP
import ObjectStorage
import SigV4

/// Asks the Security Token Service for temporary credentials.
/// Source: AWS Security Token Service API Reference.
struct STSClient: Sendable {
    let transport: any HTTPTransport
    let wallClock: any WallClock
    let clock: any Clock<Duration>
    /// Where to ask, and what to sign for.
    let endpoint: HTTPURL
    let region: String

    init(
        _ surroundings: CredentialSurroundings, _ place: (endpoint: HTTPURL, region: String)
    ) {
        transport = surroundings.transport
        wallClock = surroundings.wallClock
        clock = surroundings.clock
        (endpoint, region) = place
    }

    private static let attempts = 3
    private static let answerLimit = 64 << 10
    private static let timeouts = HTTPRequest.Timeouts(
        connect: .seconds(3), firstByte: .seconds(10), total: .seconds(20))

    /// What a role is taken with.
    struct Role: Sendable {
        var arn: String
        var sessionName: String
        var externalID: String?
        /// 900 to 43,200; nil for the service's own, an hour.
        var durationSeconds: String?
    }

    /// AssumeRole.
    /// - Parameter credentials: of the caller.
    /// - Throws: `unreachable`, `refused`, `invalid`.
    func assume(
        _ role: Role, with credentials: AWSCredentials
    ) async throws(CredentialError) -> AWSCredentials {
        try await ask("AssumeRole", role, added: [], signedWith: credentials)
    }

    /// AssumeRoleWithWebIdentity.
    /// - Parameter token: an OpenID Connect token; the request carries no signature.
    /// - Throws: `unreachable`, `refused`, `invalid`.
    func assume(
        _ role: Role, withWebIdentity token: String
    ) async throws(CredentialError) -> AWSCredentials {
        try await ask(
            "AssumeRoleWithWebIdentity", role, added: [("WebIdentityToken", token)],
            signedWith: nil)
    }

    private func ask(
        _ action: String, _ role: Role, added: [(String, String)],
        signedWith credentials: AWSCredentials?
    ) async throws(CredentialError) -> AWSCredentials {
        let fields =
            [
                ("Action", action), ("Version", "2011-06-15"), ("RoleArn", role.arn),
                ("RoleSessionName", role.sessionName),
            ] + (role.externalID.map { [("ExternalId", $0)] } ?? [])
            + (role.durationSeconds.map { [("DurationSeconds", $0)] } ?? []) + added
        let form = fields.map { name, value in
            "\(name)=\(PercentEncoding.queryComponent(value))"
        }.joined(separator: "&")
        return try await Retries(attempts: Self.attempts, clock: clock).run {
            () async throws(CredentialError) -> AWSCredentials in
            try await send(action, Array(form.utf8), signedWith: credentials)
        }
    }

    private func send(
        _ action: String, _ body: [UInt8], signedWith credentials: AWSCredentials?
    ) async throws(CredentialError) -> AWSCredentials {
        var headers = [
            (name: "content-type", value: "application/x-www-form-urlencoded; charset=utf-8")
        ]
        if let credentials {
            let request = SignableRequest(
                method: "POST", host: endpoint.authority, encodedPath: endpoint.encodedPath,
                headers: headers, payload: .hashing(body.span))
            headers +=
                SigV4Signer(region: region, service: "sts").sign(
                    request, with: credentials, at: wallClock.now()
                ).fields
        }
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await transport.send(
                HTTPRequest(
                    method: .post, url: endpoint, headers: HTTPHeaders(headers),
                    body: MemorySource(body), timeouts: Self.timeouts),
                into: nil, bodyLimit: Self.answerLimit)
        } catch {
            throw CredentialError(.unreachable, detail: "STS \(action): \(error.code.rawValue)")
        }
        guard response.head.status == 200 else {
            throw STSAnswer.refusal(action, response.head.status, response.body)
        }
        return try STSAnswer.credentials(action, response.body)
    }
}
