import HTTP
import LocalDiskTestSupport
import SigV4
import Testing

@testable import Credentials

@Suite struct ProfileSourceTests {
    private static let keyLines = "aws_access_key_id = K\naws_secret_access_key = S\n"
    private static let incompleteProfiles = [
        "aws_access_key_id = K", "role_arn = r", "role_arn = r\nsource_profile = none",
        "role_arn = r\ncredential_source = Moon", "sso_session = s",
        "role_arn = r\nsource_profile = default\nmfa_serial = m\n" + keyLines,
        "role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = default",
        "role_arn = r\nsource_profile = default\nduration_seconds = 10\n" + keyLines,
    ]

    @Test("keys are found in the credentials file first, then in the configuration")
    func keys() async throws {
        let fixture = try Fixture()
        try fixture.write("[default]\n" + Self.keyLines.replacing("K", with: "C"), to: "config")
        #expect(await fixture.outcome() == "configurationFile C")

        try fixture.write("[default]\n" + Self.keyLines, to: "credentials")
        #expect(await fixture.outcome() == "credentialsFile K")
    }

    @Test("a profile is chosen by the caller, then by the environment")
    func chosen() async throws {
        let fixture = try Fixture()
        try fixture.write(
            "[one]\n" + Self.keyLines + "[two]\n" + Self.keyLines.replacing("K", with: "K2"),
            to: "credentials")
        let environment = ["AWS_PROFILE": "two", "AWS_DEFAULT_PROFILE": "one"]

        #expect(await fixture.outcome(environment) == "credentialsFile K2")
        #expect(await fixture.outcome(environment, profile: "one") == "credentialsFile K")
        #expect(await fixture.outcome(["AWS_PROFILE": "three"]) == "invalid")
    }

    @Test("a profile that the user names goes before keys in the environment, a variable does not")
    func environmentFirst() async throws {
        let fixture = try Fixture()
        try fixture.write("[one]\n" + Self.keyLines, to: "credentials")
        let environment = [
            "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "S", "AWS_PROFILE": "one",
        ]

        #expect(await fixture.outcome(environment) == "environment E")
        #expect(await fixture.outcome(environment, profile: "one") == "credentialsFile K")
    }

    @Test(
        "files that others may read or write are refused",
        arguments: [
            ("credentials", 0o644, "invalid"), ("credentials", 0o640, "credentialsFile K"),
            ("credentials", 0o660, "invalid"), ("config", 0o644, "invalid"),
        ] as [(String, UInt32, String)])
    func permissions(name: String, mode: UInt32, expected: String) async throws {
        let fixture = try Fixture()
        try fixture.write("[default]\n" + Self.keyLines, to: name, mode: mode)

        #expect(await fixture.outcome() == expected)
    }

    @Test("a file set to the null device is none")
    func nullDevice() async throws {
        let fixture = try Fixture()
        let environment = [
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "S",
        ]

        #expect(await fixture.outcome(environment) == "environment E")
    }

    @Test("a configuration without secrets may be read by all")
    func publicConfiguration() async throws {
        let fixture = try Fixture()
        try fixture.write("[default]\nregion = eu-west-1\n", to: "config", mode: 0o644)
        try fixture.write("[default]\n" + Self.keyLines, to: "credentials")

        #expect(await fixture.outcome() == "credentialsFile K")
        #expect(try await fixture.lookup().region() == "eu-west-1")
    }

    @Test("incomplete profiles are told", arguments: incompleteProfiles)
    func incomplete(settings: String) async throws {
        let fixture = try Fixture()
        try fixture.write("[default]\n" + settings, to: "config")

        #expect(await fixture.outcome() == "invalid")
        #expect(fixture.transport.asked.isEmpty)
    }

    // MARK: - Roles

    @Test("a role is taken with the source profile's keys, signed for the region's endpoint")
    func role() async throws {
        let fixture = try Fixture { _, body, _ in
            body.contains("Action=AssumeRole&")
                ? .status(
                    200,
                    Documents.assumed(
                        "AssumeRole", keyID: "R", expiration: "2030-01-01T00:00:00Z"))
                : .status(400, "")
        }
        try fixture.write(
            """
            [default]
            role_arn = arn:aws:iam::1:role/a b
            source_profile = base
            external_id = x/y
            duration_seconds = 900
            region = eu-central-1
            """, to: "config")
        try fixture.write("[base]\n" + Self.keyLines, to: "credentials")

        #expect(await fixture.outcome() == "assumedRole R")

        let asked = try #require(fixture.transport.asked.first)
        #expect(
            asked.body
                == "Action=AssumeRole&Version=2011-06-15"
                + "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b"
                + "&RoleSessionName=wardfs-1800000000&ExternalId=x%2Fy&DurationSeconds=900"
        )
        #expect(asked.request.url.host == "sts.eu-central-1.amazonaws.com")
        let authorization = asked.request.headers["authorization"] ?? ""
        #expect(authorization.contains("Credential=K/20270115/eu-central-1/sts/aws4_request"))
    }

    @Test("roles of roles are taken one after the other, with the environment's keys at the bottom")
    func roleChain() async throws {
        let fixture = try Fixture { _, _, count in
            .status(
                200,
                Documents.assumed(
                    "AssumeRole", keyID: "R\(count)", expiration: "2030-01-01T00:00:00Z"))
        }
        try fixture.write(
            """
            [profile top]
            role_arn = top
            source_profile = middle
            [profile middle]
            role_arn = middle
            credential_source = Environment
            """, to: "config")
        let environment = [
            "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "S",
            "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9/x",
        ]

        #expect(await fixture.outcome(environment, profile: "top") == "assumedRole R2")

        let asked = fixture.transport.asked
        #expect(asked.map { $0.body.contains("RoleArn=middle&") } == [true, false])
        #expect(asked.allSatisfy { $0.request.url.port == 9 })
        let signer = asked.map { $0.request.headers["authorization"] ?? "" }
        #expect(signer[0].contains("Credential=E/") && signer[1].contains("Credential=R1/"))
    }

    @Test("a web identity sends its token unsigned, and reads it anew each time")
    func webIdentity() async throws {
        let fixture = try Fixture { _, body, count in
            .status(
                200,
                Documents.assumed(
                    "AssumeRoleWithWebIdentity", keyID: "W\(count)",
                    expiration: "2027-01-15T09:00:00Z"))
        }
        try fixture.write("token-1\n", to: "token")
        let environment = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": fixture.directory.path + "/token",
            "AWS_ROLE_ARN": "arn", "AWS_ROLE_SESSION_NAME": "session",
        ]
        let provider = fixture.lookup(environment).provider()

        #expect(try await provider.credentials().accessKeyID.rawValue == "W1")
        try fixture.write("token-2\n", to: "token")
        fixture.wallClock.advance(3601)
        _ = try? await provider.credentials()

        let asked = fixture.transport.asked
        #expect(asked.map { $0.request.headers["authorization"] } == [nil, nil])
        #expect(asked[0].body.hasSuffix("RoleSessionName=session&WebIdentityToken=token-1"))
        #expect(asked[1].body.hasSuffix("&WebIdentityToken=token-2"))
    }

    @Test("a web identity of the profile works, and without its token file is an error")
    func profileWebIdentity() async throws {
        let fixture = try Fixture { _, _, _ in
            .status(
                200,
                Documents.assumed(
                    "AssumeRoleWithWebIdentity", keyID: "W", expiration: "2030-01-01T00:00:00Z"))
        }
        let path = fixture.directory.path + "/token"
        try fixture.write(
            "[default]\nrole_arn = a\nweb_identity_token_file = \(path)", to: "config")

        #expect(await fixture.outcome() == "invalid")
        try fixture.write("t", to: "token")
        #expect(await fixture.outcome() == "webIdentity W")
    }

    @Test(
        "STS refusals are told by their code, and outages are tried three times",
        arguments: [
            (
                ScriptedTransport.Answer.status(
                    403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"),
                "refused", 1
            ),
            (.status(503, "busy"), "unreachable", 3), (.failure(.timedOut), "unreachable", 3),
            (.status(200, "<x/>"), "invalid", 1),
            (
                .status(
                    400,
                    "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"),
                "unreachable", 3
            ),
        ])
    func refusals(answer: ScriptedTransport.Answer, code: String, tries: Int) async throws {
        let fixture = try Fixture { _, _, _ in answer }
        try fixture.write(
            "[default]\nrole_arn = r\nsource_profile = default\n" + Self.keyLines, to: "config")

        #expect(await fixture.outcome() == code)
        #expect(fixture.transport.asked.count == tries)
    }

    // MARK: - Processes

    private func process(_ command: String) async throws -> String {
        let fixture = try Fixture()
        try fixture.write("[default]\ncredential_process = \(command)", to: "config")
        return await fixture.outcome(["MARK": "from the environment"])
    }

    @Test("a process's document is taken, and it sees the environment")
    func processDocument() async throws {
        let document =
            #"{\"Version\": 1, \"AccessKeyId\": \"P $MARK\", \"SecretAccessKey\": \"s\"}"#
        let command = "sh -c 'printf \"\(document)\"'"

        #expect(try await process(command) == "process P from the environment")
    }

    @Test(
        "a process that fails or prints something else is told",
        arguments: [
            ("sh -c 'exit 3'", "refused"), ("echo hello", "invalid"), ("echo '{}'", "invalid"),
            ("/nonexistent/program", "invalid"), ("'open", "invalid"),
            ("sh -c 'head -c 200000 /dev/zero'", "invalid"),
        ])
    func processFailures(command: String, code: String) async throws {
        #expect(try await process(command) == code)
    }
}
