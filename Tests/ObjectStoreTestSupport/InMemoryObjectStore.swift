import Checksums
package import ObjectStorage
import Synchronization

/// A bucket in memory that behaves like S3's: strongly consistent, ETags by content, listings in
/// pages, multipart uploads. Counts the calls of each operation.
package final class InMemoryObjectStore: ObjectStore {
    struct Stored: Sendable {
        var bytes: [UInt8]
        var attributes: ObjectAttributes
    }

    struct Upload: Sendable {
        var object: NewObject
        var initiated: Timestamp
        var parts: [PartNumber: (part: Part, bytes: [UInt8])] = [:]
    }

    struct State: Sendable {
        var objects: [ObjectKey: Stored] = [:]
        var uploads: [String: Upload] = [:]
        var counts: [StoreOperation: Int] = [:]
        /// One second passes with each write, from 2023-11-14T22:13:20Z.
        var seconds: Int64 = 1_700_000_000
        var nextUpload = 1

        mutating func tick() -> Timestamp {
            seconds += 1
            return Timestamp(seconds: seconds)
        }
    }

    package let capabilities: StoreCapabilities
    let encryption: ServerSideEncryption
    let state = Mutex(State())

    /// - Parameters:
    ///   - capabilities: limits can be set low, so that tests reach them with few bytes.
    ///   - encryption: what every object claims to be encrypted with.
    package init(
        capabilities: StoreCapabilities = StoreCapabilities(),
        encryption: ServerSideEncryption = .s3
    ) {
        self.capabilities = capabilities
        self.encryption = encryption
    }

    /// How often an operation was called.
    package func count(of operation: StoreOperation) -> Int {
        state.withLock { $0.counts[operation, default: 0] }
    }

    /// How often any operation was called.
    package var totalCount: Int {
        state.withLock { $0.counts.values.reduce(0, +) }
    }

    /// Sets all counts to zero.
    package func resetCounts() {
        state.withLock { $0.counts = [:] }
    }

    /// The bytes of an object, past the protocol; nil when it is absent.
    package func bytes(of key: ObjectKey) -> [UInt8]? {
        state.withLock { $0.objects[key]?.bytes }
    }

    /// All keys, sorted, past the protocol.
    package var keys: [ObjectKey] {
        state.withLock { $0.objects.keys.sorted() }
    }

    /// Replaces an object behind the caller's back, as another writer would.
    package func replace(
        _ key: ObjectKey, with bytes: [UInt8], userMetadata: [String: String] = [:]
    ) {
        state.withLock { state in
            let object = NewObject(key: key, userMetadata: userMetadata)
            _ = store(object, bytes, eTag: Self.eTag(bytes), in: &state)
        }
    }

    /// Removes an object behind the caller's back.
    package func remove(_ key: ObjectKey) {
        state.withLock { _ = $0.objects.removeValue(forKey: key) }
    }

    func note(_ operation: StoreOperation) throws(ObjectStoreError) {
        state.withLock { $0.counts[operation, default: 0] += 1 }
        if Task.isCancelled {
            throw ObjectStoreError(.cancelled, operation: operation.rawValue)
        }
    }

    static func eTag(_ bytes: [UInt8]) -> ETag {
        let value = Checksum(of: bytes.span, algorithm: .crc64NVME).value
        return ETag("\(String(value, radix: 16))\(String(bytes.count, radix: 16))")
    }

    func store(
        _ object: NewObject, _ bytes: [UInt8], eTag: ETag, in state: inout State
    ) -> StoredObject {
        let time = state.tick()
        let checksum = Checksum(of: bytes.span, algorithm: .crc64NVME)
        state.objects[object.key] = Stored(
            bytes: bytes,
            attributes: ObjectAttributes(
                size: UInt64(bytes.count), eTag: eTag, lastModified: time,
                userMetadata: object.userMetadata, encryption: encryption,
                contentType: object.contentType, checksum: checksum))
        return StoredObject(
            eTag: eTag, encryption: encryption, checksum: checksum, lastModified: time)
    }

    func check(
        _ condition: WriteCondition, on key: ObjectKey, _ operation: String, _ state: State
    ) throws(ObjectStoreError) {
        let existing = state.objects[key]?.attributes.eTag
        let holds =
            switch condition {
            case .none: true
            case .ifAbsent: existing == nil
            case .ifMatch(let eTag): existing == eTag
            }
        guard holds || !capabilities.conditionalWrites else {
            throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
        }
    }

    func check(_ key: ObjectKey, _ operation: String) throws(ObjectStoreError) {
        guard key.isStorable else {
            throw ObjectStoreError(.invalidRequest, operation: operation, status: 400)
        }
    }

    /// All bytes of a source, which must be as many as it says and of that checksum.
    static func read(
        _ body: any ByteSource, _ checksum: Checksum?, _ operation: String
    ) throws(ObjectStoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        try body.forEachChunk(upTo: 1 << 20) { bytes.append(copying: $0) }
        if let checksum, checksum != Checksum(of: bytes.span, algorithm: checksum.algorithm) {
            throw ObjectStoreError(.checksumMismatch, operation: operation, status: 400)
        }
        return bytes
    }
}
