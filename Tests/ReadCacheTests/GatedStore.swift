import ObjectStorage
import Synchronization

/// A store of one object whose GETs the test answers piece by piece, or which answers at once.
///
/// Byte `i` of version `v` is a fixed function of both, so that every byte read can be checked.
final class GatedStore: ObjectStore {
    enum Command: Sendable {
        case send(Int)
        case end
        case fail(ObjectStoreError)
    }

    struct Request: Sendable {
        let range: ByteRange
        let eTag: ETag?
        let isWhole: Bool
        fileprivate let commands: AsyncStream<Command>.Continuation

        /// Lets the next `count` bytes through.
        func send(_ count: Int) { commands.yield(.send(count)) }
        /// Lets all its bytes through and ends well.
        func finish() {
            commands.yield(.send(Int(range.count)))
            commands.yield(.end)
        }
        /// Ends well with what was sent so far.
        func end() { commands.yield(.end) }
        func fail(_ code: ObjectStoreError.Code) {
            commands.yield(.fail(ObjectStoreError(code, operation: "GetObject")))
        }
    }

    private struct State {
        var version = 1
        var size: UInt64
        var isAutomatic: Bool
        var requests: [Request] = []
        var cancelled = 0
    }

    private let state: Mutex<State>
    private let pieceSize: Int
    private let failing: Int?
    let capabilities = StoreCapabilities()

    /// - Parameter automatic: answers without being told to, in pieces of `pieceSize` bytes.
    ///   Of its GETs every `failing`th then fails half way.
    init(size: UInt64, automatic: Bool, pieceSize: Int = 7, failing: Int? = nil) {
        self.pieceSize = pieceSize
        self.failing = failing
        state = Mutex(State(size: size, isAutomatic: automatic))
    }

    static func byte(_ offset: UInt64, version: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: (offset &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(version)) >> 24)
    }

    static func bytes(_ range: ByteRange, version: Int = 1) -> [UInt8] {
        (range.offset..<range.end).map { byte($0, version: version) }
    }

    static func eTag(_ version: Int) -> ETag { ETag("version-\(version)") }

    /// All GETs so far, in order.
    var requests: [Request] { state.withLock { $0.requests } }
    var cancelledCount: Int { state.withLock { $0.cancelled } }

    func replaceObject() { state.withLock { $0.version += 1 } }

    /// Waits until so many GETs have arrived; returns the last of them. Bounded by the suite's time
    /// limit, which cancels the test.
    func request(_ number: Int) async throws -> Request {
        while requests.count < number {
            try Task.checkCancellation()
            await Task.yield()
        }
        return requests[number - 1]
    }

    /// Waits until so many GETs were cancelled, as `request`.
    func cancellation(_ number: Int) async throws {
        while cancelledCount < number {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    func get(
        _ key: ObjectKey, range: ByteRange?, ifMatch eTag: ETag?, into sink: any ByteSink
    ) async throws(ObjectStoreError) -> ObjectAttributes {
        let (commands, continuation) = AsyncStream.makeStream(of: Command.self)
        let (version, size, isAutomatic, number) = state.withLock { state in
            let whole = ByteRange(offset: 0, count: state.size)
            state.requests.append(
                Request(
                    range: range ?? whole, eTag: eTag, isWhole: range == nil,
                    commands: continuation))
            return (state.version, state.size, state.isAutomatic, state.requests.count)
        }
        guard eTag == nil || eTag == Self.eTag(version) else {
            throw ObjectStoreError(.preconditionFailed, operation: "GetObject", status: 412)
        }
        let range = range ?? ByteRange(offset: 0, count: size)
        let attributes = ObjectAttributes(
            size: size, eTag: Self.eTag(version), lastModified: Timestamp(seconds: 0))
        if isAutomatic, let failing, number % failing == 0 {
            let half = ByteRange(offset: range.offset, count: range.count / 2)
            try send(half, version: version, into: sink)
            throw ObjectStoreError(.serverFailure, operation: "GetObject")
        }
        if isAutomatic {
            try send(range, version: version, into: sink)
            return attributes
        }
        var offset = range.offset
        for await command in commands {
            switch command {
            case .send(let count):
                let end = min(range.end, offset + UInt64(count))
                try send(
                    ByteRange(offset: offset, count: end - offset), version: version, into: sink)
                offset = end
            case .end:
                return attributes
            case .fail(let error):
                throw error
            }
        }
        state.withLock { $0.cancelled += 1 }
        throw ObjectStoreError(.cancelled, operation: "GetObject")
    }

    private func send(
        _ range: ByteRange, version: Int, into sink: any ByteSink
    ) throws(ObjectStoreError) {
        var offset = range.offset
        while offset < range.end {
            let count = min(UInt64(pieceSize), range.end - offset)
            let piece = Self.bytes(ByteRange(offset: offset, count: count), version: version)
            try sink.receive(piece.span)
            offset += count
        }
    }
}

// A read cache asks for nothing but GETs.
extension GatedStore {
    private func unsupported() -> ObjectStoreError {
        ObjectStoreError(.unsupported, operation: "GatedStore")
    }

    func verifyAccess() async throws(ObjectStoreError) {}

    func list(_ request: ListRequest) async throws(ObjectStoreError) -> ListPage {
        throw unsupported()
    }

    func head(_ key: ObjectKey) async throws(ObjectStoreError) -> ObjectAttributes {
        throw unsupported()
    }

    func put(
        _ object: NewObject, body: any ByteSource, checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        throw unsupported()
    }

    func delete(_ key: ObjectKey, ifMatch eTag: ETag?) async throws(ObjectStoreError) {
        throw unsupported()
    }

    func delete(
        _ keys: [ObjectKey]
    ) async throws(ObjectStoreError) -> [(key: ObjectKey, error: ObjectStoreError)] {
        throw unsupported()
    }

    func copy(_ request: CopyRequest) async throws(ObjectStoreError) -> StoredObject {
        throw unsupported()
    }

    func createMultipartUpload(
        _ object: NewObject
    ) async throws(ObjectStoreError) -> MultipartUpload {
        throw unsupported()
    }

    func uploadPart(
        _ number: PartNumber, of upload: MultipartUpload, body: any ByteSource, checksum: Checksum?
    ) async throws(ObjectStoreError) -> Part {
        throw unsupported()
    }

    func uploadPartCopy(
        _ number: PartNumber, of upload: MultipartUpload, source: ObjectKey, sourceETag: ETag,
        range: ByteRange
    ) async throws(ObjectStoreError) -> Part {
        throw unsupported()
    }

    func completeMultipartUpload(
        _ upload: MultipartUpload, as object: NewObject, parts: [Part], size: UInt64,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        throw unsupported()
    }

    func abortMultipartUpload(_ upload: MultipartUpload) async throws(ObjectStoreError) {
        throw unsupported()
    }

    func listParts(_ upload: MultipartUpload) async throws(ObjectStoreError) -> [Part] {
        throw unsupported()
    }

    func listMultipartUploads(
        prefix: ObjectKey, limit: Int
    ) async throws(ObjectStoreError) -> [(upload: MultipartUpload, initiated: Timestamp)] {
        throw unsupported()
    }
}
