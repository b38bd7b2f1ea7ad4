package import Encryption
package import LocalDisk
package import ObjectStorage
import Synchronization

extension DirectoryStore {
    private static let magic = "WARDDIR1"

    /// Opens the store of a directory, or makes one in an empty directory.
    ///
    /// Reads every object's small file to build the index; there is no second copy of it that
    /// could be stale. What a crash left half written is removed; what cannot be read is kept.
    /// - Parameters:
    ///   - root: of mode 0700, see `PrivateDirectory`.
    ///   - masterKey: of this store; the same each time.
    /// - Throws: `credentialsRejected` for another key, `conflict` when another process has it,
    ///   `invalidRequest` for a directory with something else in it, `malformedResponse` for a
    ///   damaged store header, and the disk's errors.
    package static func open(
        root: DiskDirectory, disk: any Disk, masterKey: MasterKey, clock: any WallClock
    ) async throws(ObjectStoreError) -> DirectoryStore {
        let executor = BlockingExecutor(threads: threadCount)
        let (files, keys) = try await executor.run { () throws(ObjectStoreError) in
            let files = try StoreFiles(root: root, disk: disk)
            return (files, try header(of: files, masterKey))
        }
        let recovery = Recovery(files: files, keys: keys)
        let state = try await recovery.run(on: executor)
        return DirectoryStore(
            files: files, keys: keys, clock: clock, executor: executor, state: state)
    }

    /// The keys of the store, after its header has proved that they are the right ones.
    private static func header(
        of files: StoreFiles, _ master: MasterKey
    ) throws(ObjectStoreError) -> StoreKeys {
        let file: DiskFile
        do throws(DiskError) {
            file = try files.disk.openFile(StoreFiles.headerName, in: files.root, .readOnly)
        } catch {
            guard error.code == .notFound else {
                throw ObjectStoreError(error, operation: "open")
            }
            return try makeHeader(in: files, master)
        }
        let bytes = try files.read(file, at: 0, count: 4096)
        var fields = FieldReader(bytes)
        let storeID: [UInt8]
        let sealed: [UInt8]
        do throws(FieldError) {
            guard try fields.raw(8) == Array(magic.utf8) else { throw FieldError() }
            storeID = try fields.raw(StoreKeys.storeIDLength)
            sealed = try fields.raw(Int(fields.number(UInt32.self)))
        } catch {
            throw ObjectStoreError(
                .malformedResponse, operation: "open", detail: "the store's header is damaged")
        }
        let keys = try StoreKeys(master: master, storeID: storeID)
        let proof = keys.open(sealed, kind: .storeHeader, place: StoreFiles.headerName)
        guard proof == Array(magic.utf8) else {
            throw ObjectStoreError(
                .credentialsRejected, operation: "open",
                detail: "the key does not open this store: give the key that it was made with")
        }
        return keys
    }

    private static func makeHeader(
        in files: StoreFiles, _ master: MasterKey
    ) throws(ObjectStoreError) -> StoreKeys {
        // Objects without a header are a store whose header was lost: a new one would hide them.
        for directory in files.objects + files.data + [files.uploads] {
            var isEmpty = true
            try onDisk("open") { () throws(DiskError) in
                try files.disk.list(directory) { _ in
                    isEmpty = false
                    return false
                }
            }
            guard isEmpty else {
                throw ObjectStoreError(
                    .malformedResponse, operation: "open",
                    detail: "the store's header is missing; restore the file \"store\"")
            }
        }
        let storeID = try Identifier.random().bytes
        let keys = try StoreKeys(master: master, storeID: storeID)
        var fields = FieldWriter()
        fields.append(raw: Array(magic.utf8))
        fields.append(raw: storeID)
        let proof = try keys.seal(
            Array(magic.utf8), kind: .storeHeader, place: StoreFiles.headerName)
        fields.append(UInt32(proof.count))
        fields.append(raw: proof)
        try files.replace(StoreFiles.headerName, in: files.root, with: fields.bytes)
        return keys
    }
}
