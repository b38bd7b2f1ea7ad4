import HTTP
import LocalDiskTestSupport
import SigV4
import Testing

@testable import Credentials

@Suite struct ContainerSourceTests {
    @Test("the agent is asked with its token, read from its file anew")
    func container() async throws {
        let fixture = try Fixture { _, _, _ in .status(200, Documents.json(keyID: "C")) }
        try fixture.write("bearer 1", to: "token")
        let environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials?a=b",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": fixture.directory.path + "/token",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
        ]

        #expect(await fixture.outcome(environment) == "container C")

        let request = try #require(fixture.transport.asked.first?.request)
        #expect(request.headers["Authorization"] == "bearer 1")
        #expect(request.url.encodedPath == "/v1/credentials" && request.url.encodedQuery == "a=b")
        #expect(request.peer == .metadataService)
    }

    @Test("a relative URI goes to the agent of ECS")
    func relative() async throws {
        let fixture = try Fixture { _, _, _ in .status(200, Documents.json(keyID: "C")) }

        let found = await fixture.outcome(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"])

        #expect(found == "container C")
        #expect(fixture.transport.asked.first?.request.url.host == "169.254.170.2")
    }

    @Test(
        "the token goes to no other host over http",
        arguments: [
            "http://192.0.2.1/", "http://example.org/", "http://127.0.0.1.example.org/",
            "http://user@localhost/", "ftp://localhost/", "localhost",
        ])
    func hosts(url: String) async throws {
        let fixture = try Fixture()

        let found = await fixture.outcome(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])

        #expect(found == "invalid")
        #expect(fixture.transport.asked.isEmpty)
    }

    @Test(
        "failures are told apart, and no other source is asked then",
        arguments: [
            (ScriptedTransport.Answer.status(500, ""), "unreachable", 3),
            (.failure(.timedOut), "unreachable", 3), (.status(403, ""), "refused", 1),
            (.status(200, "[]"), "invalid", 1),
            (.status(200, #"{"AccessKeyId": "a", "SecretAccessKey": "b"}"#), "invalid", 1),
        ])
    func failures(answer: ScriptedTransport.Answer, code: String, tries: Int) async throws {
        let fixture = try Fixture { _, _, _ in answer }

        let found = await fixture.outcome([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost:1/"
        ])

        #expect(found == code)
        #expect(fixture.transport.asked.count == tries)
    }
}

@Suite struct InstanceMetadataTests {
    private static let on = ["AWS_EC2_METADATA_DISABLED": "false"]
    private static let path = "/latest/meta-data/iam/security-credentials/"

    /// An instance that asks for tokens, with the role `role`.
    private static func instance(
        _ request: HTTPRequest, document: String = Documents.json(keyID: "I"),
        accepts: (String?) -> Bool = { $0 == "token" }
    ) -> ScriptedTransport.Answer {
        if request.url.encodedPath == "/latest/api/token" {
            let isAsked = request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
            return request.method == .put && isAsked ? .status(200, "token") : .status(400, "")
        }
        guard accepts(request.headers["x-aws-ec2-metadata-token"]) else { return .status(401, "") }
        switch request.url.encodedPath {
        case path: return .status(200, "role")
        case path + "role": return .status(200, document)
        case "/latest/meta-data/placement/region": return .status(200, "eu-north-1")
        default: return .status(404, "")
        }
    }

    @Test("the role's credentials and the region are read with one token")
    func credentials() async throws {
        let fixture = try Fixture { request, _, _ in Self.instance(request) }
        let lookup = fixture.lookup(Self.on)

        let found = try await lookup.provider().credentials()

        #expect(found.accessKeyID.rawValue == "I" && found.sessionToken?.rawValue == "t")
        #expect(try await lookup.region() == "eu-north-1")
        let paths = fixture.transport.asked.map(\.request.url.encodedPath)
        #expect(paths.count { $0 == "/latest/api/token" } == 1)
        #expect(fixture.transport.asked.allSatisfy { $0.request.peer == .metadataService })
        #expect(fixture.transport.asked.allSatisfy { $0.request.url.host == "169.254.169.254" })
    }

    @Test("a token that ended early is replaced once")
    func unauthorized() async throws {
        let fixture = try Fixture { request, _, count in
            Self.instance(request) { $0 == "token" && count != 2 }
        }

        #expect(await fixture.outcome(Self.on) == "instance I")
        #expect(fixture.transport.asked.count { $0.request.method == .put } == 2)
    }

    @Test("a token that is never accepted is no endless loop")
    func alwaysUnauthorized() async throws {
        let fixture = try Fixture { request, _, _ in Self.instance(request) { _ in false } }

        #expect(await fixture.outcome(Self.on) == "refused")
        #expect(fixture.transport.asked.count == 4)
    }

    @Test("status 200 with a failure in it is no credentials")
    func failedDocument() async throws {
        let fixture = try Fixture { request, _, _ in
            Self.instance(request, document: #"{"Code": "Failed", "AccessKeyId": "x"}"#)
        }

        #expect(await fixture.outcome(Self.on) == "refused")
    }

    @Test("version 1 is asked only when it is allowed", arguments: [false, true])
    func version1(isAllowed: Bool) async throws {
        let fixture = try Fixture { request, _, _ in
            request.method == .put
                ? .status(404, "") : Self.instance(request) { $0 == nil }
        }
        var settings = CredentialSettings(environment: fixture.environment(Self.on))
        settings.allowsMetadataVersion1 = isAllowed
        let chain = CredentialLookup(settings, fixture.surroundings).chain

        let found = try? await chain.load()

        #expect(found?.credentials.accessKeyID.rawValue == (isAllowed ? "I" : nil))
    }

    @Test("an instance without a role, and a switched-off service, have none")
    func none() async throws {
        let fixture = try Fixture { request, _, _ in
            request.method == .put ? .status(200, "token") : .status(404, "")
        }

        #expect(await fixture.outcome(Self.on) == "notFound")
        let count = fixture.transport.asked.count
        #expect(await fixture.outcome() == "notFound")
        #expect(fixture.transport.asked.count == count)
        #expect(try await fixture.lookup().region() == nil)
    }

    @Test("a silent service is asked three times")
    func silent() async throws {
        let fixture = try Fixture { _, _, _ in .failure(.timedOut) }

        #expect(await fixture.outcome(Self.on) == "unreachable")
        #expect(fixture.transport.asked.count == 3)
        #expect(fixture.transport.asked.allSatisfy { $0.request.timeouts.firstByte == .seconds(1) })
    }

    @Test("another endpoint and IPv6 are taken from the environment")
    func endpoint() async throws {
        let fixture = try Fixture { request, _, _ in Self.instance(request) }

        _ = await fixture.outcome(
            Self.on.merging(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:99/"]) { $1 })
        _ = await fixture.outcome(
            Self.on.merging(["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"]) { $1 })

        let urls = fixture.transport.asked.filter { $0.request.method == .put }.map(\.request.url)
        #expect(urls.map(\.host) == ["127.0.0.1", "[fd00:ec2::254]"])
        #expect(urls[0].port == 99)
    }
}

@Suite struct CredentialLookupTests {
    @Test("the region comes from the variables before the profile")
    func region() async throws {
        let fixture = try Fixture()
        try fixture.write("[default]\nregion = c\n[profile p]\nregion = d\n", to: "config")

        #expect(
            try await fixture.lookup(["AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"]).region() == "a"
        )
        #expect(try await fixture.lookup(["AWS_DEFAULT_REGION": "b"]).region() == "b")
        #expect(try await fixture.lookup().region() == "c")
        #expect(try await fixture.lookup(profile: "p").region() == "d")
    }

    @Test("endpoints come from the variable of the service, of all, and the profile")
    func endpoints() async throws {
        let fixture = try Fixture()
        try fixture.write("[default]\nendpoint_url = https://three/\n", to: "config")
        let all = ["AWS_ENDPOINT_URL_S3": "http://one:1/a", "AWS_ENDPOINT_URL": "https://two"]

        #expect(try await fixture.lookup(all).endpoint(of: "S3")?.authority == "one:1")
        #expect(try await fixture.lookup(all).endpoint(of: "KMS")?.host == "two")
        #expect(try await fixture.lookup().endpoint(of: "S3")?.host == "three")
        let ignored = fixture.lookup(
            all.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) { $1 })
        #expect(try await ignored.endpoint(of: "S3") == nil)
        await #expect(throws: CredentialError.self) {
            try await fixture.lookup(["AWS_ENDPOINT_URL": "nonsense"]).endpoint(of: "S3")
        }
    }

    @Test("a chain stays with the source that gave credentials first")
    func sticky() async throws {
        let first = ScriptedSource()
        let second = ScriptedSource()
        second.set(.success(LoadedCredentials(credentials("B"), from: .container)))
        let chain = CredentialChain([first, second])

        #expect(try await chain.load()?.origin == .container)
        first.set(.success(LoadedCredentials(credentials("A"), from: .environment)))
        #expect(try await chain.load()?.origin == .container)
        second.set(.success(nil))
        await #expect(throws: CredentialError.self) { try await chain.load() }
    }

    @Test("a source that is set up and fails ends the search")
    func failing() async throws {
        let first = ScriptedSource()
        let second = ScriptedSource()
        first.set(.failure(CredentialError(.refused, detail: "")))
        second.set(.success(LoadedCredentials(credentials("B"), from: .container)))

        await #expect(throws: CredentialError.self) {
            try await CredentialChain([first, second]).load()
        }
        #expect(second.loads == 0)
    }
}
