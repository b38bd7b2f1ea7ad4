import ChildProcess
import Credentials
import HTTP
import LocalDisk
import Logging
import ObjectStorage
import SigV4

/// The servers that `Servers/start.sh` started, by its `env` file.
struct TestServers {
    let values: [String: String]
    let transport: CurlTransport

    /// - Throws: when they were not started.
    init() throws {
        guard let path = ChildProcess.variable("WARDFS_TEST_SERVERS") else {
            throw MissingServers()
        }
        let bytes = try POSIXDisk().contents(path: path, atMost: 1 << 16)
        var values: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        self.values = values
        transport = try CurlTransport(TransportConfiguration())
    }

    subscript(name: String) -> String { values["WARDFS_TEST_" + name] ?? "" }

    var surroundings: CredentialSurroundings {
        CredentialSurroundings(
            transport: transport, disk: POSIXDisk(), programs: POSIXProgramRunner(),
            executor: BlockingExecutor(threads: 2), wallClock: SystemClock(),
            clock: ContinuousClock(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// The instance metadata over MiniStack's STS, and the ARN of the role in it.
    func startMetadata(_ options: [String] = []) throws -> InstanceStub {
        let child = try ChildProcess(
            [
                self["PYTHON"], ChildProcess.script("imds_stub.py"), "--sts", self["MINISTACK"],
                "--ak", self["MINISTACK_ACCESS_KEY"], "--sk", self["MINISTACK_SECRET_KEY"],
            ] + options)
        let words = (child.readLine() ?? "").split(separator: " ").map(String.init)
        guard words.count == 2 else { throw MissingServers() }
        return InstanceStub(child: child, endpoint: "http://127.0.0.1:\(words[0])", role: words[1])
    }

    /// What MiniStack answers to a signed ListBuckets.
    func listBuckets(with credentials: AWSCredentials) async throws -> Int {
        let port = self["MINISTACK"].split(separator: ":").last.flatMap { UInt16($0) }
        let url = HTTPURL(scheme: .http, host: "127.0.0.1", port: port)
        let headers = SigV4Signer(region: self["REGION"], service: "s3").sign(
            SignableRequest(
                method: "GET", host: url.authority, encodedPath: "/", payload: .empty),
            with: credentials, at: SystemClock().now())
        let request = HTTPRequest(method: .get, url: url, headers: HTTPHeaders(headers.fields))
        return try await transport.send(request, into: nil, bodyLimit: 1 << 20).head.status
    }

    /// Variables that point at these servers and away from the machine's own files.
    func environment(_ added: [String: String]) -> [String: String] {
        var all = [
            "AWS_CONFIG_FILE": "/nonexistent/config",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
            "AWS_ENDPOINT_URL_STS": self["MINISTACK"], "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": self["REGION"],
        ]
        all.merge(added) { _, new in new }
        return all
    }

    func provider(_ added: [String: String]) -> CachedCredentials {
        CredentialLookup(CredentialSettings(environment: environment(added)), surroundings)
            .provider()
    }
}

/// A running `Servers/imds_stub.py`.
struct InstanceStub {
    let child: ChildProcess
    let endpoint: String
    let role: String
}

/// The servers are not there.
struct MissingServers: Error, CustomStringConvertible {
    let description = "WARDFS_TEST_SERVERS is not set: packaging/test servers starts the servers"
}
