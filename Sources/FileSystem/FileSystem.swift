package import Logging
package import Naming
package import ObjectStorage
package import ReadCache
package import Staging
internal import Synchronization
internal import Telemetry

/// POSIX semantics over an object store: inodes, handles, directories, publication.
///
/// Operations come in pairs. `…Immediately` answers from memory on the calling thread, never waits
/// and returns nil when the store or a lock has to be asked; the `async` one of the same name does
/// the rest. All may be called from any thread at once.
package final class FileSystem: Sendable {
    /// What `lookup`, `create`, `mkdir` and `symlink` answer.
    package struct Entry: Sendable {
        package let inode: InodeNumber
        package let attributes: FileAttributes
        /// How long the kernel may believe it.
        package let validity: Duration

        package init(inode: InodeNumber, attributes: FileAttributes, validity: Duration) {
            self.inode = inode
            self.attributes = attributes
            self.validity = validity
        }
    }

    let configuration: FileSystemConfiguration
    let store: any ObjectStore
    let staging: StagingArea
    let uploads: UploadQueue
    let cache: ReadCache
    let namingGuard: NamingGuard
    let inspector: any ProcessInspector
    let clock: any MonotonicClock
    let wallClock: any WallClock
    let logger: Logger

    let table: InodeTable
    let handles = HandleTable()
    let held = HeldFiles()
    let background = BackgroundWork()
    /// Keeps what makes, changes or removes objects (shared) apart from the move of a directory: a
    /// key must not change between its computation and the store's answer. Stands below the gates
    /// of inodes.
    let namespace = TaskGate()
    /// Bounds the HEAD requests that one listing makes side by side.
    static let parallelHeads = 32

    package init(
        configuration: FileSystemConfiguration, store: any ObjectStore, staging: StagingArea,
        uploads: UploadQueue, cache: ReadCache, namingGuard: NamingGuard,
        inspector: any ProcessInspector, clock: any MonotonicClock, wallClock: any WallClock,
        logger: Logger
    ) {
        self.configuration = configuration
        self.store = store
        self.staging = staging
        self.uploads = uploads
        self.cache = cache
        self.namingGuard = namingGuard
        self.inspector = inspector
        self.clock = clock
        self.wallClock = wallClock
        self.logger = logger
        let root = FileAttributes(
            kind: .directory, permissions: configuration.directoryPermissions,
            uid: configuration.uid, gid: configuration.gid, size: 0, modified: wallClock.now())
        table = InodeTable(root: root)
    }

    /// The wall-clock time that "now" in a request means.
    package var now: Timestamp { wallClock.now() }

    // MARK: What operations share

    func inode(_ number: InodeNumber, _ operation: String) throws(FileSystemError) -> Inode {
        guard let inode = table.inode(number) else { throw FileSystemError(.stale, operation) }
        return inode
    }

    func name(_ text: String, _ operation: String) throws(FileSystemError) -> EntryName {
        try EntryName(text)
    }

    /// The object key of an inode; nil when it was removed from the tree.
    func key(of number: InodeNumber) -> ObjectKey? {
        table.path(of: number).map(Self.key(path:))
    }

    static func key(path: [EntryName]) -> ObjectKey {
        ObjectKey(path.map(\.rawValue).joined(separator: "/"))
    }

    /// The prefix of a directory's keys: empty for the root, else ending in "/".
    func prefix(of number: InodeNumber, _ operation: String) throws(FileSystemError) -> ObjectKey {
        guard let path = table.path(of: number) else { throw FileSystemError(.stale, operation) }
        return path.isEmpty ? ObjectKey("") : ObjectKey(Self.key(path: path).rawValue + "/")
    }

    /// The key of a name in a directory, as a file's or (`isDirectory`) as a marker's.
    func key(
        _ name: EntryName, in parent: InodeNumber, isDirectory: Bool = false, _ operation: String
    ) throws(FileSystemError) -> ObjectKey {
        let prefix = try prefix(of: parent, operation)
        let key = ObjectKey(prefix.rawValue + name.rawValue + (isDirectory ? "/" : ""))
        guard key.isStorable else { throw FileSystemError(.nameTooLong, operation) }
        return key
    }

    func requireWritable(_ operation: String) throws(FileSystemError) {
        if configuration.isReadOnly { throw FileSystemError(.readOnly, operation) }
    }

    /// Asks the naming guard about a name that is to be made.
    /// - Throws: `notPermitted` (EPERM); the reason is logged without the name.
    func requireAllowed(
        _ name: EntryName, in parent: InodeNumber, _ operation: String
    ) throws(FileSystemError) {
        let parents = (table.path(of: parent) ?? []).map(\.rawValue)
        switch namingGuard.judge(name.rawValue, parents: parents) {
        case .allowed, .audited:
            return
        case .warned(let finding):
            note(finding, "name looks like patient data", operation)
        case .refused(let finding):
            note(finding, "name refused: it looks like patient data", operation)
            throw FileSystemError(.notPermitted, operation)
        }
    }

    private func note(_ finding: Finding, _ message: StaticString, _ operation: String) {
        logger.event(
            .notice, message,
            [
                .operation: LogWord(operation), .rule: LogWord(finding.rule.id),
                .shape: LogWord(finding.shape),
                .offset: finding.span.lowerBound, .bytes: finding.span.count,
            ])
    }

    func entry(_ inode: Inode) -> Entry {
        let now = clock.now()
        return inode.state.withLock { state in
            Entry(
                inode: inode.number, attributes: state.attributes,
                validity: validity(state, now: now))
        }
    }

    /// How long the kernel may believe an inode's attributes: as long as we do.
    func validity(_ state: InodeState, now: Duration) -> Duration {
        if state.content != nil { return configuration.attributeTTL }
        return max(.zero, min(configuration.attributeTTL, state.validUntil - now))
    }

    /// Runs a store call, giving its error in the file system's terms.
    func storing<Value: Sendable>(
        _ operation: String, _ body: () async throws(ObjectStoreError) -> Value
    ) async throws(FileSystemError) -> Value {
        do throws(ObjectStoreError) {
            return try await body()
        } catch {
            throw FileSystemError(error, operation: operation)
        }
    }

    /// Runs a staging call, giving its error in the file system's terms.
    func stagingCall<Value>(
        _ operation: String, _ body: () throws(StagingError) -> Value
    ) throws(FileSystemError) -> Value {
        do throws(StagingError) {
            return try body()
        } catch {
            throw FileSystemError(error, operation: operation)
        }
    }
}
