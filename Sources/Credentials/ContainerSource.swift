private import HTTP
private import SigV4

/// The agent of ECS or EKS that gives a container its role.
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider"; botocore
/// `ContainerMetadataFetcher`.
struct ContainerSource: CredentialSource {
    let environment: [String: String]
    let surroundings: CredentialSurroundings

    private static let attempts = 3
    private static let answerLimit = 64 << 10
    private static let timeouts = HTTPRequest.Timeouts(
        connect: .seconds(2), firstByte: .seconds(2), total: .seconds(5))
    /// The agents of ECS and EKS.
    private static let agents = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost"]

    func load() async throws(CredentialError) -> LoadedCredentials? {
        guard let url = try url() else { return nil }
        var headers = HTTPHeaders([("Accept", "application/json")])
        if let token = try await authorization() { headers["Authorization"] = token }
        let request = HTTPRequest(
            method: .get, url: url, headers: headers, timeouts: Self.timeouts,
            peer: .metadataService)
        let retries = Retries(
            attempts: Self.attempts, clock: surroundings.clock, pause: .milliseconds(500))
        let body = try await retries.run { () async throws(CredentialError) -> [UInt8] in
            try await send(request)
        }
        guard let document = JSONValue(body) else {
            throw CredentialError(.invalid, detail: "the container agent's answer is no JSON")
        }
        return LoadedCredentials(
            try AWSCredentials(document, token: "Token", needsExpiration: true), from: .container)
    }

    private func send(_ request: HTTPRequest) async throws(CredentialError) -> [UInt8] {
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await surroundings.transport.send(
                request, into: nil, bodyLimit: Self.answerLimit)
        } catch {
            throw CredentialError(
                error.code == .invalidRequest ? .invalid : .unreachable,
                detail: "container agent: \(error.code.rawValue)")
        }
        guard response.head.status == 200 else {
            let status = response.head.status
            throw CredentialError(
                status >= 500 || status == 429 ? .unreachable : .refused,
                detail: "container agent: HTTP \(status)")
        }
        return response.body
    }

    private func url() throws(CredentialError) -> HTTPURL? {
        if let path = environment.nonEmpty("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/"), let url = HTTPURL("http://169.254.170.2\(path)") else {
                throw CredentialError(
                    .invalid, detail: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path")
            }
            return url
        }
        guard let text = environment.nonEmpty("AWS_CONTAINER_CREDENTIALS_FULL_URI") else {
            return nil
        }
        guard let url = HTTPURL(text), Self.mayBeAsked(url) else {
            throw CredentialError(
                .invalid,
                detail: "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor a known agent")
        }
        return url
    }

    /// The token goes in clear text over http, so it goes to this machine or the agents only.
    private static func mayBeAsked(_ url: HTTPURL) -> Bool {
        url.scheme == .https || agents.contains(url.host.lowercased()) || url.host == "[::1]"
            || (url.host.hasPrefix("127.") && url.host.utf8.allSatisfy { $0 < 58 && $0 > 45 })
    }

    private func authorization() async throws(CredentialError) -> String? {
        var token = environment.nonEmpty("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if let path = environment.nonEmpty("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            token = try await surroundings.files.read(path)?.text
            guard token != nil else {
                throw CredentialError(.invalid, detail: "the container's token file is missing")
            }
        }
        guard token?.utf8.contains(where: { $0 < 0x20 }) != true else {
            throw CredentialError(.invalid, detail: "the container's token has a control character")
        }
        return token
    }
}
