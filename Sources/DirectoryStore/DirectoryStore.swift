import LocalDisk
package import ObjectStorage
import Synchronization

/// A bucket in a directory of the local disk, encrypted at rest: the embedded default.
///
/// Each object is one small sealed file, named by an HMAC of its key, that names the data files
/// with its content; a file up to 64 KiB holds its content itself. Data files are never changed,
/// so that copies and multipart uploads share them. One process at a time uses a store.
///
/// Lock order: an upload's gate, a key's gate, then `state`; the disk is never called under
/// `state`.
package final class DirectoryStore: ObjectStore {
    struct Upload: Sendable {
        var object: NewObject
        var initiated: Timestamp
        var parts: [PartNumber: PartRecord] = [:]
    }

    struct State: Sendable {
        var index = ObjectIndex()
        /// How many objects, parts and readers need a data file.
        var references: [Identifier: Int] = [:]
        /// By their id's digits.
        var uploads: [String: Upload] = [:]
        /// Names of object files that could not be read at start: their keys are not absent.
        var damaged: Set<String> = []
    }

    /// Threads for disk calls: enough for two transfers per core of a small machine while others
    /// wait for fdatasync.
    package static let threadCount = 8
    /// Objects up to this size stand in their own file.
    static let inlineLimit: UInt64 = 64 << 10
    /// A copied part that would consist of more runs is written anew, so that an object that is
    /// appended to for ever does not come to consist of ever more pieces.
    static let maximumRunsByReference = 64

    package let capabilities = StoreCapabilities(minimumPartSize: 64 << 10)
    let files: StoreFiles
    let keys: StoreKeys
    let clock: any WallClock
    let executor: BlockingExecutor
    let gate = KeyGate<ObjectKey>()
    let uploadGate = KeyGate<String>()
    let state: Mutex<State>

    init(
        files: StoreFiles, keys: StoreKeys, clock: any WallClock, executor: BlockingExecutor,
        state: State
    ) {
        self.files = files
        self.keys = keys
        self.clock = clock
        self.executor = executor
        self.state = Mutex(state)
    }

    /// Object files that could not be read when the store was opened. They are kept.
    package var damagedCount: Int { state.withLock { $0.damaged.count } }

    /// Objects in the store.
    package var objectCount: Int { state.withLock { $0.index.count } }

    package func verifyAccess() async throws(ObjectStoreError) {
        let files = files
        _ = try await executor.run { () throws(ObjectStoreError) in
            try onDisk("HeadBucket") { () throws(DiskError) in
                try files.disk.status(of: StoreFiles.headerName, in: files.root)
            }
        }
    }

    package func list(_ request: ListRequest) async throws(ObjectStoreError) -> ListPage {
        try Self.checkCancellation("ListObjectsV2")
        return try state.withLock { (state) throws(ObjectStoreError) in
            try state.index.page(request)
        }
    }

    static func checkCancellation(_ operation: String) throws(ObjectStoreError) {
        guard !Task.isCancelled else {
            throw ObjectStoreError(.cancelled, operation: operation)
        }
    }

    static func check(_ key: ObjectKey, _ operation: String) throws(ObjectStoreError) {
        guard key.isStorable else {
            throw ObjectStoreError(
                .invalidRequest, operation: operation, status: 400,
                detail: "a key has 1 to 1,024 bytes")
        }
    }
}

// Who needs which data file. All under `state`'s lock; files without need are removed outside.
extension DirectoryStore.State {
    mutating func retain(_ files: [Identifier]) {
        for file in files { references[file, default: 0] += 1 }
    }

    /// - Returns: files that nobody needs any more.
    mutating func release(_ files: [Identifier]) -> [Identifier] {
        var unused: [Identifier] = []
        for file in files {
            guard let count = references[file] else { continue }
            references[file] = count > 1 ? count - 1 : nil
            if count == 1 { unused.append(file) }
        }
        return unused
    }
}

extension DirectoryStore {
    /// Removes data files that nothing names; a failure is mended by the next start.
    func remove(_ unused: [Identifier]) async {
        guard !unused.isEmpty else { return }
        let files = files
        await executor.run {
            for file in unused {
                let name = file.hexadecimal
                files.removeLater(name, in: files.shard(files.data, of: name))
            }
        }
    }

    func release(_ identifiers: [Identifier]) async {
        await remove(state.withLock { $0.release(identifiers) })
    }
}
