import Checksums
import DirectoryStore
import Encryption
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import ObjectStoreTestSupport
import Synchronization

/// A wall clock that goes on one second with each look.
final class CountingClock: WallClock {
    private let seconds = Mutex<Int64>(1_700_000_000)

    func now() -> Timestamp {
        seconds.withLock { seconds in
            seconds += 1
            return Timestamp(seconds: seconds, nanoseconds: 7)
        }
    }
}

/// A directory with a store in it, which can be opened again.
struct DirectoryStoreFixture {
    let directory: TemporaryDirectory
    let masterKey: MasterKey
    let clock = CountingClock()

    init() throws {
        directory = try TemporaryDirectory()
        masterKey = try MasterKey.ephemeral()
    }

    /// Opens the store. One that was just dropped may still hold the lock for a moment; bounded by
    /// the suite's time limit.
    func open(
        disk: any Disk = POSIXDisk(), key: MasterKey? = nil
    ) async throws -> DirectoryStore {
        while true {
            do {
                return try await DirectoryStore.open(
                    root: try directory.open(), disk: disk, masterKey: key ?? masterKey,
                    clock: clock)
            } catch let error as ObjectStoreError where error.code == .conflict {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    /// All files of the store: path below the directory, and content.
    func contents() throws -> [(path: String, bytes: [UInt8])] {
        try contents(of: try directory.open(), path: "")
    }

    private func contents(
        of directory: DiskDirectory, path: String
    ) throws -> [(path: String, bytes: [UInt8])] {
        let disk = POSIXDisk()
        var result: [(path: String, bytes: [UInt8])] = []
        var entries: [DiskEntry] = []
        try disk.list(directory) { entry in
            entries.append(entry)
            return true
        }
        for entry in entries {
            if entry.kind == .directory {
                result += try contents(
                    of: disk.openDirectory(entry.name, in: directory),
                    path: path + entry.name + "/")
            } else {
                let file = try disk.openFile(entry.name, in: directory, .readOnly)
                result.append(
                    (path + entry.name, try disk.contents(of: file, atMost: 64 << 20)))
            }
        }
        return result
    }

    /// Files below a directory of the store.
    func count(below path: String) throws -> Int {
        try contents().count { $0.path.hasPrefix(path) }
    }

    /// Changes one byte of a file.
    func flip(_ path: String, at offset: Int) throws {
        let disk = POSIXDisk()
        var directory = try directory.open()
        let components = path.split(separator: "/").map(String.init)
        for component in components.dropLast() {
            directory = try disk.openDirectory(component, in: directory)
        }
        let file = try disk.openFile(components[components.count - 1], in: directory, .readWrite)
        let bytes = try disk.contents(of: file, atMost: 64 << 20)
        try disk.write([bytes[offset] ^ 1].span, to: file, at: UInt64(offset))
    }
}

extension ObjectStore {
    @discardableResult
    func put(_ key: String, _ bytes: [UInt8]) async throws -> StoredObject {
        try await put(
            NewObject(key: ObjectKey(key), userMetadata: ["m": key]), body: MemorySource(bytes),
            checksum: nil)
    }

    func bytes(_ key: String, range: ByteRange? = nil) async throws -> [UInt8] {
        let sink = CollectingSink()
        _ = try await get(ObjectKey(key), range: range, ifMatch: nil, into: sink)
        return sink.bytes
    }

    /// The bytes, or the code of the error.
    func outcome(_ key: String) async throws -> Result<[UInt8], StoreFailure> {
        do {
            return .success(try await bytes(key))
        } catch let error as ObjectStoreError {
            return .failure(StoreFailure(code: error.code))
        }
    }
}

struct StoreFailure: Error, Equatable {
    let code: ObjectStoreError.Code
}

/// So many bytes that are the same for the same seed.
func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return generator.bytes(count)
}
