import Glibc
import HTTP
import LocalDisk
import LocalDiskTestSupport
import Logging
import ObjectStorage
import ObjectStoreTestSupport
import SigV4
import Synchronization

@testable import Credentials

/// A transport that answers from a script and keeps what it was asked.
final class ScriptedTransport: HTTPTransport {
    typealias Script = @Sendable (HTTPRequest, _ body: String, _ count: Int) -> Answer

    enum Answer: Sendable {
        case status(Int, String)
        case failure(HTTPError.Code)
    }

    struct Asked: Sendable {
        let request: HTTPRequest
        let body: String
    }

    private let script: Script
    private let kept = Mutex<[Asked]>([])

    init(_ script: @escaping Script) {
        self.script = script
    }

    var asked: [Asked] { kept.withLock { $0 } }

    func send(
        _ request: HTTPRequest, into sink: (any HTTPBodySink)?, bodyLimit: Int
    ) async throws(HTTPError) -> HTTPResponse {
        let count = Int(request.body?.count ?? 0)
        let body: [UInt8]
        do throws(ObjectStoreError) {
            body = try [UInt8](capacity: count) {
                (output: inout OutputSpan<UInt8>) throws(ObjectStoreError) in
                try request.body?.read(at: 0, into: &output)
            }
        } catch {
            throw HTTPError(.streamFailed, detail: "test", cause: error)
        }
        let text = String(decoding: body, as: UTF8.self)
        let number = kept.withLock { kept in
            kept.append(Asked(request: request, body: text))
            return kept.count
        }
        switch script(request, text, number) {
        case .failure(let code): throw HTTPError(code, detail: "test")
        case .status(let status, let text):
            return HTTPResponse(
                head: HTTPResponseHead(status: status, headers: HTTPHeaders()),
                body: Array(text.utf8))
        }
    }
}

/// A wall clock that a test sets.
final class SettableClock: WallClock {
    private let seconds: Mutex<Int64>

    init(_ seconds: Int64 = 1_800_000_000) {
        self.seconds = Mutex(seconds)
    }

    func now() -> Timestamp { Timestamp(seconds: seconds.withLock { $0 }) }

    func advance(_ seconds: Int64) { self.seconds.withLock { $0 += seconds } }
}

/// Files, clocks and a transport of one test's own.
struct Fixture {
    let directory: TemporaryDirectory
    let wallClock = SettableClock()
    let clock = ManualClock()
    let transport: ScriptedTransport

    init(
        _ script: @escaping ScriptedTransport.Script = { _, _, _ in .failure(.notConnected) }
    ) throws {
        directory = try TemporaryDirectory()
        transport = ScriptedTransport(script)
    }

    var surroundings: CredentialSurroundings {
        CredentialSurroundings(
            transport: transport, disk: POSIXDisk(), programs: POSIXProgramRunner(),
            executor: BlockingExecutor(threads: 2), wallClock: wallClock, clock: clock,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Writes a file, mode 0600 unless told otherwise.
    func write(_ text: String, to name: String, mode: UInt32 = 0o600) throws {
        let disk = POSIXDisk()
        let file = try disk.openFile(name, in: directory.open(), .createIfAbsent)
        try disk.truncate(file, to: 0)
        try disk.write(Array(text.utf8).span, to: file, at: 0)
        _ = unsafe chmod(directory.path + "/" + name, mode)
    }

    /// Variables that keep the test away from the machine's own files and services.
    func environment(_ added: [String: String] = [:]) -> [String: String] {
        var all = [
            "AWS_CONFIG_FILE": directory.path + "/config",
            "AWS_SHARED_CREDENTIALS_FILE": directory.path + "/credentials",
            "AWS_EC2_METADATA_DISABLED": "true", "PATH": "/usr/bin:/bin",
        ]
        all.merge(added) { _, new in new }
        return all
    }

    func lookup(_ added: [String: String] = [:], profile: String? = nil) -> CredentialLookup {
        CredentialLookup(
            CredentialSettings(environment: environment(added), profile: profile), surroundings)
    }

    /// What the chain gives, as `origin key`; or the error's code.
    func outcome(_ added: [String: String] = [:], profile: String? = nil) async -> String {
        let provider = lookup(added, profile: profile).provider()
        do throws(CredentialError) {
            let found = try await provider.credentials()
            let origin = await provider.origin?.rawValue ?? ""
            return "\(origin) \(found.accessKeyID.rawValue)"
        } catch {
            return error.code.rawValue
        }
    }
}

/// Documents as the services write them.
enum Documents {
    static func assumed(_ action: String, keyID: String, expiration: String) -> String {
        """
        <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <\(action)Result><AssumedRoleUser><Arn>x</Arn></AssumedRoleUser>
            <Credentials><AccessKeyId>\(keyID)</AccessKeyId>
              <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
              <Expiration>\(expiration)</Expiration></Credentials>
          </\(action)Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
        </\(action)Response>
        """
    }

    static func json(
        keyID: String, expiration: String = "2030-01-01T00:00:00Z", code: String = "Success"
    ) -> String {
        """
        {"Code": "\(code)", "Type": "AWS-HMAC", "AccessKeyId": "\(keyID)",
         "SecretAccessKey": "s", "Token": "t", "Expiration": "\(expiration)"}
        """
    }
}

func credentials(_ keyID: String, until seconds: Int64? = nil) -> AWSCredentials {
    AWSCredentials(
        accessKeyID: Secret(keyID), secretAccessKey: Secret("s"), sessionToken: nil,
        expiration: seconds.map { Timestamp(seconds: $0) })
}
