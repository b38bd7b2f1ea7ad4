import Credentials
import HTTP
import Logging
import ObjectStorage
import ObjectStoreTestSupport
import S3
import SigV4
import Synchronization
import Telemetry

/// A store on a scripted transport, with a clock that does not wait.
struct Bench {
    let transport = ScriptedTransport()
    let clock = ManualClock()
    let credentials = ScriptedCredentials()
    let counters = Counters()
    let store: S3ObjectStore
    /// What every write's put-id is here.
    static let putID = String(repeating: "f", count: 32)

    /// The bucket `bucket` at https://localhost:9, or on AWS.
    init(onAWS: Bool = false, _ change: (inout S3Configuration) -> Void = { _ in }) {
        var configuration = S3Configuration(
            bucket: "bucket", region: "us-east-1",
            endpoint: onAWS ? nil : HTTPURL(scheme: .https, host: "localhost", port: 9))
        change(&configuration)
        store = S3ObjectStore(
            configuration, transport: transport, credentials: credentials, clock: clock,
            wallClock: FixedWallClock(),
            random: { count in [UInt8](repeating: 0xFF, count: count) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, counters: counters)
    }

    func put(
        _ bytes: [UInt8] = [1, 2, 3], condition: WriteCondition = .none, checksum: Checksum? = nil
    ) async throws(ObjectStoreError) -> StoredObject {
        try await store.put(
            NewObject(key: ObjectKey("key"), condition: condition), body: MemorySource(bytes),
            checksum: checksum)
    }
}

/// 2023-11-14T22:13:20Z, always.
struct FixedWallClock: WallClock {
    func now() -> Timestamp { Timestamp(seconds: 1_700_000_000) }
}

/// Gives `key-1`, and after each refusal the next.
final class ScriptedCredentials: CredentialProvider {
    private let generation = Mutex(1)

    var refusals: Int { generation.withLock { $0 - 1 } }

    func credentials() async throws(CredentialError) -> AWSCredentials {
        AWSCredentials(
            accessKeyID: Secret("key-\(generation.withLock { $0 })"),
            secretAccessKey: Secret("secret"), sessionToken: Secret("token"), expiration: nil)
    }

    func invalidate(_ refused: AWSCredentials) async {
        generation.withLock { $0 += 1 }
    }
}

/// Headers that most answers to writes have.
let encrypted = ["ETag": "\"e1\"", "x-amz-server-side-encryption": "AES256"]

/// Headers of an object that was put by this bench's put.
func ownHead(size: Int, putID: String = Bench.putID) -> [String: String] {
    encrypted.merging([
        "Content-Length": String(size), "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT",
        "x-amz-meta-wardfs-put-id": putID,
    ]) { $1 }
}

/// The error of a call that must fail.
func failure<Value>(
    _ call: () async throws -> Value
) async -> ObjectStoreError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? ObjectStoreError
    }
}
