import Credentials
import Encryption
import HTTP
import Logging
import ObjectStorage
import ObjectStoreTestSupport
import SigV4
import Telemetry

@testable import S3

/// A real server and what is known of it.
enum Server: String, Sendable, CustomStringConvertible {
    case miniStack = "MINISTACK"
    case seaweedFS = "SEAWEEDFS"
    case seaweedFSOverTLS = "SEAWEEDFS_TLS"
    /// Resets three connections of ten before the first byte of an answer.
    case flakyMiniStack = "MINISTACK_FLAKY"
    /// Resets each connection after 700,000 bytes of answers.
    case cuttingMiniStack = "MINISTACK_CUTTING"

    /// Those that behave.
    static let steady: [Server] = [.miniStack, .seaweedFS, .seaweedFSOverTLS]

    var description: String {
        switch self {
        case .miniStack: "MiniStack"
        case .seaweedFS: "SeaweedFS"
        case .seaweedFSOverTLS: "SeaweedFS over TLS"
        case .flakyMiniStack: "MiniStack behind a flaky proxy"
        case .cuttingMiniStack: "MiniStack behind a cutting proxy"
        }
    }

    /// Described in Tests/Servers/README.md.
    var deviations: Set<StoreDeviation> {
        switch self {
        case .miniStack, .flakyMiniStack, .cuttingMiniStack: [.copyIgnoresConditions]
        case .seaweedFS, .seaweedFSOverTLS: [.keysArePaths, .listsByPathComponents]
        }
    }

    private var keyName: String {
        switch self {
        case .miniStack, .flakyMiniStack, .cuttingMiniStack: "MINISTACK"
        case .seaweedFS, .seaweedFSOverTLS: "SEAWEEDFS"
        }
    }

    /// The bucket of these tests. One for all: SeaweedFS has volumes for a few buckets only.
    static let bucket = "wardfs-s3-server-tests"

    /// A store on the tests' bucket, which is made when it is missing.
    func makeStore(
        user: String = "", _ change: (inout S3Configuration) -> Void = { _ in }
    ) async throws -> S3ObjectStore {
        var configuration = try configuration()
        configuration.bucket = Self.bucket
        let owner = try store(configuration)
        do {
            try await owner.verifyAccess()
        } catch {
            guard error.code == .noSuchBucket else { throw error }
            _ = try? await owner.client.send(S3Request("CreateBucket", .put, key: nil))
            try await owner.verifyAccess()
        }
        change(&configuration)
        return try store(configuration, user: user)
    }

    func configuration() throws -> S3Configuration {
        let servers = try TestServers()
        let url = try servers.value(rawValue)
        let isSecure = url.hasPrefix("https://")
        let authority = url.split(separator: "/")[1].split(separator: ":")
        var configuration = S3Configuration(
            bucket: "", region: try servers.value("REGION"),
            endpoint: HTTPURL(
                scheme: isSecure ? .https : .http, host: String(authority[0]),
                port: UInt16(authority[1])))
        // A server that cannot do something says so at once, not after ten minutes.
        let limit: Duration = Server.steady.contains(self) ? .seconds(3) : .seconds(30)
        configuration.retry.publishLimit = limit
        configuration.retry.readLimit = limit
        return configuration
    }

    func store(
        _ configuration: S3Configuration, user: String = "", secret: String? = nil,
        wallClock: any WallClock = SystemWallClock(), trustsAuthority: Bool = true
    ) throws -> S3ObjectStore {
        let servers = try TestServers()
        var transport = TransportConfiguration()
        if trustsAuthority { transport.caBundlePath = try servers.value("CA_FILE") }
        let credentials = AWSCredentials(
            accessKeyID: Secret(try servers.value("\(keyName)_\(user)ACCESS_KEY")),
            secretAccessKey: Secret(
                try secret ?? servers.value("\(keyName)_\(user)SECRET_KEY")),
            sessionToken: nil, expiration: nil)
        return S3ObjectStore(
            configuration, transport: try CurlTransport(transport),
            credentials: FixedCredentials(value: credentials), clock: ContinuousClock(),
            wallClock: wallClock, random: RandomBytes.system,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            counters: Counters())
    }
}

struct FixedCredentials: CredentialProvider {
    let value: AWSCredentials

    func credentials() async throws(CredentialError) -> AWSCredentials { value }
    func invalidate(_ refused: AWSCredentials) async {}
}
