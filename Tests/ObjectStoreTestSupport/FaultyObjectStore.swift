package import ObjectStorage
import Synchronization

/// Decorates a store with scripted failures, by operation and by the number of its call.
///
///     let store = FaultyObjectStore(InMemoryObjectStore())
///     store.script(.put, call: 1, .failAfterEffect(.networkFailure))
///     store.script(.get, .fail(.serverFailure))          // every call
package final class FaultyObjectStore: ObjectStore {
    /// What happens to a call.
    package enum Fault: Sendable {
        /// The store never hears of it.
        case fail(ObjectStoreError.Code)
        /// The store does it, and the answer is lost.
        case failAfterEffect(ObjectStoreError.Code)
        /// It waits at a gate, then goes on.
        case hold(Gate)
        /// It waits at a gate, then fails without an effect.
        case holdAndFail(Gate, ObjectStoreError.Code)
        /// Done, but the answer waits at a gate.
        case holdAnswer(Gate)
    }

    private struct State {
        var everyCall: [StoreOperation: Fault] = [:]
        var calls: [StoreOperation: [Int: Fault]] = [:]
        var counts: [StoreOperation: Int] = [:]
        /// A get sends so many bytes and then fails.
        var cutAfter: [Int: UInt64] = [:]
    }

    private let store: any ObjectStore
    private let state = Mutex(State())

    /// Without a script: passes everything on.
    package init(_ store: any ObjectStore) {
        self.store = store
    }

    package var capabilities: StoreCapabilities { store.capabilities }

    /// - Parameter call: 1 for the first call of that operation; nil for every call without a
    ///   script
    ///   of its own.
    package func script(_ operation: StoreOperation, call: Int? = nil, _ fault: Fault) {
        state.withLock { state in
            if let call {
                state.calls[operation, default: [:]][call] = fault
            } else {
                state.everyCall[operation] = fault
            }
        }
    }

    /// Lets a get send only the first `bytes` bytes, then fail with `networkFailure`.
    package func cut(getCall call: Int, after bytes: UInt64) {
        state.withLock { $0.cutAfter[call] = bytes }
    }

    /// Forgets the script; counts go on.
    package func clear() {
        state.withLock { state in
            state.everyCall = [:]
            state.calls = [:]
            state.cutAfter = [:]
        }
    }

    /// How often an operation was called.
    package func count(of operation: StoreOperation) -> Int {
        state.withLock { $0.counts[operation, default: 0] }
    }

    private func perform<Result>(
        _ operation: StoreOperation, _ call: () async throws(ObjectStoreError) -> Result
    ) async throws(ObjectStoreError) -> Result {
        switch next(operation) {
        case nil:
            return try await call()
        case .fail(let code):
            throw ObjectStoreError(code, operation: operation.rawValue, detail: "scripted")
        case .failAfterEffect(let code):
            _ = try await call()
            throw ObjectStoreError(code, operation: operation.rawValue, detail: "scripted")
        case .hold(let gate):
            await gate.pass()
            return try await call()
        case .holdAndFail(let gate, let code):
            await gate.pass()
            throw ObjectStoreError(code, operation: operation.rawValue, detail: "scripted")
        case .holdAnswer(let gate):
            let result = try await call()
            await gate.pass()
            return result
        }
    }

    private func next(_ operation: StoreOperation) -> Fault? {
        state.withLock { state in
            let count = state.counts[operation, default: 0] + 1
            state.counts[operation] = count
            return state.calls[operation]?[count] ?? state.everyCall[operation]
        }
    }
}

// MARK: - Objects

extension FaultyObjectStore {
    package func verifyAccess() async throws(ObjectStoreError) {
        try await perform(.verifyAccess) { () async throws(ObjectStoreError) in
            try await store.verifyAccess()
        }
    }

    package func list(_ request: ListRequest) async throws(ObjectStoreError) -> ListPage {
        try await perform(.list) { () async throws(ObjectStoreError) in
            try await store.list(request)
        }
    }

    package func head(_ key: ObjectKey) async throws(ObjectStoreError) -> ObjectAttributes {
        try await perform(.head) { () async throws(ObjectStoreError) in
            try await store.head(key)
        }
    }

    package func get(
        _ key: ObjectKey, range: ByteRange?, ifMatch eTag: ETag?, into sink: any ByteSink
    ) async throws(ObjectStoreError) -> ObjectAttributes {
        try await perform(.get) { () async throws(ObjectStoreError) in
            let call = count(of: .get)
            guard let limit = state.withLock({ $0.cutAfter[call] }) else {
                return try await store.get(key, range: range, ifMatch: eTag, into: sink)
            }
            let cut = CuttingSink(sink, after: limit)
            return try await store.get(key, range: range, ifMatch: eTag, into: cut)
        }
    }

    package func put(
        _ object: NewObject, body: any ByteSource, checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        try await perform(.put) { () async throws(ObjectStoreError) in
            try await store.put(object, body: body, checksum: checksum)
        }
    }

    package func delete(_ key: ObjectKey, ifMatch eTag: ETag?) async throws(ObjectStoreError) {
        try await perform(.delete) { () async throws(ObjectStoreError) in
            try await store.delete(key, ifMatch: eTag)
        }
    }

    package func delete(
        _ keys: [ObjectKey]
    ) async throws(ObjectStoreError) -> [(key: ObjectKey, error: ObjectStoreError)] {
        try await perform(.deleteMany) { () async throws(ObjectStoreError) in
            try await store.delete(keys)
        }
    }

    package func copy(_ request: CopyRequest) async throws(ObjectStoreError) -> StoredObject {
        try await perform(.copy) { () async throws(ObjectStoreError) in
            try await store.copy(request)
        }
    }
}

// MARK: - Multipart uploads

extension FaultyObjectStore {
    package func createMultipartUpload(
        _ object: NewObject
    ) async throws(ObjectStoreError) -> MultipartUpload {
        try await perform(.createMultipartUpload) { () async throws(ObjectStoreError) in
            try await store.createMultipartUpload(object)
        }
    }

    package func uploadPart(
        _ number: PartNumber, of upload: MultipartUpload, body: any ByteSource,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> Part {
        try await perform(.uploadPart) { () async throws(ObjectStoreError) in
            try await store.uploadPart(number, of: upload, body: body, checksum: checksum)
        }
    }

    package func uploadPartCopy(
        _ number: PartNumber, of upload: MultipartUpload, source: ObjectKey, sourceETag: ETag,
        range: ByteRange
    ) async throws(ObjectStoreError) -> Part {
        try await perform(.uploadPartCopy) { () async throws(ObjectStoreError) in
            try await store.uploadPartCopy(
                number, of: upload, source: source, sourceETag: sourceETag, range: range)
        }
    }

    package func completeMultipartUpload(
        _ upload: MultipartUpload, as object: NewObject, parts: [Part], size: UInt64,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        try await perform(.completeMultipartUpload) { () async throws(ObjectStoreError) in
            try await store.completeMultipartUpload(
                upload, as: object, parts: parts, size: size, checksum: checksum)
        }
    }

    package func abortMultipartUpload(
        _ upload: MultipartUpload
    ) async throws(ObjectStoreError) {
        try await perform(.abortMultipartUpload) { () async throws(ObjectStoreError) in
            try await store.abortMultipartUpload(upload)
        }
    }

    package func listParts(
        _ upload: MultipartUpload
    ) async throws(ObjectStoreError) -> [Part] {
        try await perform(.listParts) { () async throws(ObjectStoreError) in
            try await store.listParts(upload)
        }
    }

    package func listMultipartUploads(
        prefix: ObjectKey, limit: Int
    ) async throws(ObjectStoreError) -> [(upload: MultipartUpload, initiated: Timestamp)] {
        try await perform(.listMultipartUploads) { () async throws(ObjectStoreError) in
            try await store.listMultipartUploads(prefix: prefix, limit: limit)
        }
    }
}

/// Hands on so many bytes, then fails as a broken connection does.
private final class CuttingSink: ByteSink {
    private let sink: any ByteSink
    private let left: Mutex<UInt64>

    init(_ sink: any ByteSink, after limit: UInt64) {
        self.sink = sink
        left = Mutex(limit)
    }

    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError) {
        let room = left.withLock { left in
            let room = min(left, UInt64(bytes.count))
            left -= room
            return Int(room)
        }
        if room > 0 { try sink.receive(bytes.extracting(0..<room)) }
        guard room == bytes.count else {
            throw ObjectStoreError(.networkFailure, operation: "get", detail: "scripted")
        }
    }
}
