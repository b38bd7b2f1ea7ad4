import ChildProcess
import HTTP
import ObjectStorage
import Synchronization

/// `Servers/http_faults.py` running for the whole test process.
final class FaultServer: Sendable {
    let port: UInt16
    let tlsPort: UInt16
    let wrongHostPort: UInt16
    let oldTLSPort: UInt16
    let brokenPort: UInt16
    let authorities: String
    private let child: ChildProcess

    /// The one server of all suites; ends with the process that started it.
    static let shared = Result { try FaultServer() }

    private init() throws {
        let python = ChildProcess.variable("WARDFS_PYTHON") ?? "python3"
        child = try ChildProcess([python, ChildProcess.script("http_faults.py")])
        let words = (child.readLine() ?? "").split(separator: " ")
        let ports = words.prefix(5).compactMap { UInt16($0) }
        guard words.count == 6, ports.count == 5 else {
            throw ChildProcessError(call: "http_faults.py", code: 0)
        }
        port = ports[0]
        tlsPort = ports[1]
        wrongHostPort = ports[2]
        oldTLSPort = ports[3]
        brokenPort = ports[4]
        authorities = String(words[5])
    }

    func url(_ path: String, query: String? = nil) -> HTTPURL {
        HTTPURL(
            scheme: .http, host: "127.0.0.1", port: port, encodedPath: path, encodedQuery: query)
    }
}

/// A sink that keeps what it takes.
final class KeepingSink: HTTPBodySink {
    private struct Kept {
        var heads: [Int] = []
        var bytes: [UInt8] = []
    }
    private let kept = Mutex(Kept())
    private let acceptsStatus: @Sendable (Int) -> Bool
    private let failsFrom: Int

    init(
        failsFrom: Int = .max, acceptsStatus: @escaping @Sendable (Int) -> Bool = { $0 < 300 }
    ) {
        self.failsFrom = failsFrom
        self.acceptsStatus = acceptsStatus
    }

    var bytes: [UInt8] { kept.withLock { $0.bytes } }
    var heads: [Int] { kept.withLock { $0.heads } }

    func accepts(_ head: HTTPResponseHead) throws(ObjectStoreError) -> Bool {
        kept.withLock { $0.heads.append(head.status) }
        return acceptsStatus(head.status)
    }

    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError) {
        let count = kept.withLock { kept in
            kept.bytes.append(copying: bytes)
            return kept.bytes.count
        }
        if count >= failsFrom { throw ObjectStoreError(.checksumMismatch, operation: "Test") }
    }
}

/// The server's body pattern, as a source of any size that counts how often it is read from 0.
final class PatternSource: ByteSource {
    let count: UInt64
    private let endsAt: UInt64
    private let failsAt: UInt64
    private let beginnings = Atomic(0)

    init(count: UInt64, endsAt: UInt64 = .max, failsAt: UInt64 = .max) {
        self.count = count
        self.endsAt = endsAt
        self.failsAt = failsAt
    }

    var timesBegun: Int { beginnings.load(ordering: .relaxed) }

    func read(
        at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(ObjectStoreError) {
        if offset == 0 { beginnings.add(1, ordering: .relaxed) }
        if offset >= failsAt { throw ObjectStoreError(.localDataDamaged, operation: "Test") }
        var next = offset
        while output.freeCapacity > 0, next < min(count, endsAt, failsAt) {
            output.append(Self.byte(at: next))
            next += 1
        }
    }

    static func byte(at offset: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: offset % 251 * 7 % 251)
    }

    static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { byte(at: UInt64($0)) }
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
