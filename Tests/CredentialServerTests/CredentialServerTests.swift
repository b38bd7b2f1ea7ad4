import ChildProcess
import Credentials
import HTTP
import LocalDisk
import LocalDiskTestSupport
import SigV4
import Testing

/// Credentials that real services gave, used at a server that checks them.
@Suite struct CredentialServerTests {
    private let servers: TestServers

    init() throws {
        servers = try TestServers()
    }

    private func write(_ text: String, to name: String, in directory: TemporaryDirectory) throws {
        let file = try POSIXDisk().openFile(name, in: directory.open(), .createExclusively)
        try POSIXDisk().write(Array(text.utf8).span, to: file, at: 0)
    }

    @Test("an instance's role works at the store, after two failures of the service")
    func instance() async throws {
        let stub = try servers.startMetadata(["--fail", "2"])
        let provider = servers.provider([
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": stub.endpoint,
        ])

        let found = try await provider.credentials()

        #expect(await provider.origin == .instance)
        #expect(found.sessionToken != nil && found.expiration != nil)
        #expect(try await servers.listBuckets(with: found) == 200)
        let forged = AWSCredentials(
            accessKeyID: found.accessKeyID, secretAccessKey: Secret("forged"),
            sessionToken: found.sessionToken, expiration: nil)
        #expect(try await servers.listBuckets(with: forged) == 403)
    }

    @Test("an instance tells its region")
    func region() async throws {
        let stub = try servers.startMetadata(["--region", "eu-south-2"])
        let environment = [
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": stub.endpoint,
            "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        ]

        let lookup = CredentialLookup(
            CredentialSettings(environment: environment), servers.surroundings)

        #expect(try await lookup.region() == "eu-south-2")
    }

    @Test("a role is taken with a profile's keys at a real STS, and refused with forged ones")
    func assumedRole() async throws {
        let stub = try servers.startMetadata()
        let directory = try TemporaryDirectory()
        try write(
            """
            [default]
            role_arn = \(stub.role)
            source_profile = keys
            [profile forged]
            role_arn = \(stub.role)
            source_profile = broken
            """, to: "config", in: directory)
        try write(
            """
            [keys]
            aws_access_key_id = \(servers["MINISTACK_ACCESS_KEY"])
            aws_secret_access_key = \(servers["MINISTACK_SECRET_KEY"])
            [broken]
            aws_access_key_id = \(servers["MINISTACK_ACCESS_KEY"])
            aws_secret_access_key = forged
            """, to: "credentials", in: directory)
        let files = [
            "AWS_CONFIG_FILE": directory.path + "/config",
            "AWS_SHARED_CREDENTIALS_FILE": directory.path + "/credentials",
        ]
        let provider = servers.provider(files)

        let found = try await provider.credentials()

        #expect(await provider.origin == .assumedRole)
        #expect(found.accessKeyID.rawValue != servers["MINISTACK_ACCESS_KEY"])
        #expect(try await servers.listBuckets(with: found) == 200)
        let forged = servers.provider(files.merging(["AWS_PROFILE": "forged"]) { $1 })
        await #expect(throws: CredentialError.self) { try await forged.credentials() }
    }

    @Test("a web identity is traded at a real STS")
    func webIdentity() async throws {
        let stub = try servers.startMetadata()
        let directory = try TemporaryDirectory()
        // Unsigned; says `{"iss":"https://issuer.example","sub":"x","aud":"sts"}`.
        let token =
            "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lzc3"
            + "Vlci5leGFtcGxlIiwic3ViIjoieCIsImF1ZCI6InN0cyJ9."
        try write(token + "\n", to: "token", in: directory)
        let provider = servers.provider([
            "AWS_WEB_IDENTITY_TOKEN_FILE": directory.path + "/token", "AWS_ROLE_ARN": stub.role,
        ])

        let found = try await provider.credentials()

        #expect(await provider.origin == .webIdentity)
        #expect(try await servers.listBuckets(with: found) == 200)
    }

    @Test("an instance that vanished is told within seconds")
    func vanished() async throws {
        let stub = try servers.startMetadata()
        stub.child.terminate()
        let provider = servers.provider([
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": stub.endpoint,
        ])
        var code: CredentialError.Code?

        let elapsed = await ContinuousClock().measure {
            do throws(CredentialError) {
                _ = try await provider.credentials()
            } catch {
                code = error.code
            }
        }

        #expect(code == .unreachable)
        #expect(elapsed < .seconds(5))
    }
}
