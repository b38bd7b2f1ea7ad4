import Encryption
import FileSystem
import LocalDisk
import LocalDiskTestSupport
import Logging
import Naming
import ObjectStorage
import ObjectStoreTestSupport
import ReadCache
import Staging
import Synchronization

/// Processes as a test says they are.
final class FakeProcesses: ProcessInspector {
    private let killed = Mutex<Set<Int32>>([])
    private let others = Mutex<Set<Int32>>([])

    func processID(ofThread pid: Int32) -> Int32? { pid }
    func isKilled(thread pid: Int32) -> Bool { killed.withLock { $0.contains(pid) } }

    func hasDescriptor(of inode: InodeNumber, thread pid: Int32) -> Bool {
        others.withLock { $0.contains(pid) }
    }

    /// Says that a process has another descriptor of whatever it closes.
    func keepOpen(_ pid: Int32) {
        _ = others.withLock { $0.insert(pid) }
    }

    func kill(_ pid: Int32) {
        _ = killed.withLock { $0.insert(pid) }
    }
}

/// Time as a test says it is.
final class FakeTime: MonotonicClock, WallClock {
    private let elapsed = Mutex(Duration.zero)

    func now() -> Duration { elapsed.withLock { $0 } }

    func now() -> Timestamp {
        Timestamp(seconds: 1_800_000_000 + elapsed.withLock { $0 }.components.seconds)
    }

    func advance(by duration: Duration) {
        elapsed.withLock { $0 += duration }
    }
}

/// A file system over a store in memory, with a real staging area, called as the kernel would.
final class MountedFixture: Sendable {
    let memory = InMemoryObjectStore()
    let store: FaultyObjectStore
    let processes = FakeProcesses()
    let time = FakeTime()
    let directory: TemporaryDirectory
    let fileSystem: FileSystem

    /// The process that acts unless a test says another.
    static let writer = Caller(uid: 1000, gid: 1000, pid: 10, umask: 0o022)

    init(
        quotaBytes: UInt64 = 1 << 30,
        configure: (inout FileSystemConfiguration) -> Void = { _ in }
    ) throws {
        store = FaultyObjectStore(memory)
        directory = try TemporaryDirectory()
        let staging = try StagingArea(
            directory: directory.open(), disk: POSIXDisk(), masterKey: .ephemeral(),
            quotaBytes: quotaBytes)
        var configuration = FileSystemConfiguration()
        configure(&configuration)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        fileSystem = FileSystem(
            configuration: configuration, store: store, staging: staging, uploads: UploadQueue(),
            cache: ReadCache(
                store: store, configuration: ReadCacheConfiguration(), clock: ManualClock(),
                logger: logger),
            namingGuard: NamingGuard(policy: NamingPolicy()), inspector: processes, clock: time,
            wallClock: time, logger: logger)
    }

    // MARK: What the kernel does for a program

    /// Looks a path up component by component.
    func lookup(_ path: String) async throws -> FileSystem.Entry {
        var parent = InodeNumber.root
        var found: FileSystem.Entry?
        for component in path.split(separator: "/") {
            let name = String(component)
            let entry: FileSystem.Entry
            if let known = try fileSystem.lookupImmediately(parent, name) {
                entry = known
            } else {
                entry = try await fileSystem.lookup(parent, name)
            }
            parent = entry.inode
            found = entry
        }
        guard let found else { return try await fileSystem.attributes(.root) }
        return found
    }

    /// The inode of a path's directory, and its last component.
    func split(_ path: String) async throws -> (InodeNumber, String) {
        let parts = path.split(separator: "/")
        let parent = parts.dropLast().joined(separator: "/")
        return (try await lookup(parent).inode, String(parts.last ?? ""))
    }

    func open(
        _ path: String, read: Bool = true, write: Bool = false, truncate: Bool = false,
        as caller: Caller = MountedFixture.writer
    ) async throws -> OpenedFile {
        let inode = try await lookup(path).inode
        let mode = OpenMode(isReadable: read, isWritable: write, truncates: truncate)
        if let opened = try fileSystem.openImmediately(inode, mode, caller) { return opened }
        return try await fileSystem.open(inode, mode, caller)
    }

    func create(
        _ path: String, as caller: Caller = MountedFixture.writer
    ) async throws -> HandleNumber {
        let (parent, name) = try await split(path)
        let mode = OpenMode(isReadable: true, isWritable: true, truncates: false)
        if let (_, opened) = try fileSystem.createImmediately(
            parent, name, permissions: 0o666, mode, caller)
        {
            return opened.handle
        }
        return try await fileSystem.create(
            parent, name, permissions: 0o666, mode, caller
        ).1.handle
    }

    func write(_ text: String, at offset: UInt64 = 0, to handle: HandleNumber) async throws {
        let bytes = Array(text.utf8)
        if try fileSystem.writeImmediately(handle, at: offset, bytes.span) { return }
        try await fileSystem.write(handle, at: offset, bytes)
    }

    /// Closes the only descriptor of a handle.
    func close(_ handle: HandleNumber, as caller: Caller = MountedFixture.writer) async throws {
        defer { fileSystem.release(handle) }
        if fileSystem.flushImmediately(handle, caller) { return }
        try await fileSystem.flush(handle, caller)
    }

    func read(_ handle: HandleNumber, at offset: UInt64 = 0, count: Int = 1 << 20) async throws
        -> String
    {
        let result = await withCheckedContinuation { continuation in
            _ = fileSystem.read(handle, at: offset, count: count) {
                continuation.resume(returning: $0)
            }
        }
        switch try result.get() {
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .slices(let slices): return String(decoding: slices.bytes, as: UTF8.self)
        }
    }

    // MARK: Whole programs

    /// `printf TEXT > PATH`
    func save(_ text: String, to path: String) async throws {
        let handle = try await create(path)
        try await write(text, to: handle)
        try await close(handle)
    }

    /// `cat PATH`
    func content(of path: String) async throws -> String {
        let handle = try await open(path).handle
        defer { fileSystem.release(handle) }
        return try await read(handle)
    }

    /// `ls -f PATH` or `ls -l PATH`
    func names(in path: String = "", withAttributes: Bool = false) async throws -> [String] {
        let handle = try fileSystem.openDirectory(try await lookup(path).inode)
        defer { fileSystem.releaseDirectory(handle) }
        var names: [String] = []
        var offset: UInt64 = 0
        while true {
            let batch = try await fileSystem.readDirectory(
                handle, offset: offset, withAttributes: withAttributes)
            if batch.isEmpty { break }
            offset += UInt64(batch.count)
            names += batch.map(\.name)
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    /// An object's content in the store.
    func object(_ key: String) -> String? {
        memory.bytes(of: ObjectKey(key)).map { String(decoding: $0, as: UTF8.self) }
    }

    func setObject(_ key: String, _ text: String, metadata: [String: String] = [:]) {
        memory.replace(ObjectKey(key), with: Array(text.utf8), userMetadata: metadata)
    }
}

/// The code of the file system error that `body` throws; nil when it throws none.
func errorCode(_ body: () async throws -> Void) async -> FileSystemError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? FileSystemError)?.code
    }
}
