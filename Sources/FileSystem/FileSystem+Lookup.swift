internal import ObjectStorage
internal import Synchronization

extension FileSystem {
    /// Finds a name without waiting.
    /// - Returns: nil when the store must be asked.
    /// - Throws: `noEntry` when a valid listing has no such name.
    package func lookupImmediately(
        _ parent: InodeNumber, _ text: String
    ) throws(FileSystemError) -> Entry? {
        let name = try name(text, "lookup")
        guard let inode = try knownChild(name, in: parent) else { return nil }
        table.remember(inode)
        return entry(inode)
    }

    /// Finds a name, asking the store. Counts a lookup.
    package func lookup(
        _ parent: InodeNumber, _ text: String
    ) async throws(FileSystemError) -> Entry {
        let name = try name(text, "lookup")
        let inode = try await child(name, in: parent, "lookup")
        table.remember(inode)
        return entry(inode)
    }

    /// Gives back lookups.
    package func forget(_ number: InodeNumber, count: UInt64) {
        table.forget(number, count: count)
    }

    // MARK: Children

    /// A child that memory knows for certain.
    /// - Returns: nil when the store must be asked.
    /// - Throws: `noEntry` when memory knows for certain that there is none.
    func knownChild(
        _ name: EntryName, in parent: InodeNumber
    ) throws(FileSystemError) -> Inode? {
        let now = clock.now()
        if let inode = table.child(of: parent, named: name), isCurrent(inode, now: now) {
            return inode
        }
        switch table.listed(name, in: parent, now: now) {
        case .unknown:
            return nil
        case .absent:
            if let inode = table.child(of: parent, named: name) {
                if isLocal(inode) { return inode }
                table.detach(inode)
            }
            throw FileSystemError(.noEntry, "lookup")
        case .present(let listed, let holdsMetadata):
            if case .object(let attributes) = listed,
                needsHead(attributes, name: name, in: parent, holdsMetadata: holdsMetadata)
            {
                return nil
            }
            return adopt(listed, name: name, in: parent, metadata: nil)
        }
    }

    /// A child, asking the store where memory does not know.
    func child(
        _ name: EntryName, in parent: InodeNumber, _ operation: String
    ) async throws(FileSystemError) -> Inode {
        if let inode = try knownChild(name, in: parent) { return inode }
        let directory = try inode(parent, operation)
        guard directory.kind == .directory else { throw FileSystemError(.notDirectory, operation) }
        if case .unknown = table.listed(name, in: parent, now: clock.now()) {
            let isListed = try await directory.gate.run(operation) {
                () async throws(FileSystemError) -> Bool in
                if self.table.listing(of: parent, now: self.clock.now()) != nil { return true }
                return try await self.refreshSmallListing(of: parent, operation)
            }
            if !isListed { return try await askForOne(name, in: parent, operation) }
            if let inode = try knownChild(name, in: parent) { return inode }
        }
        return try await askForOne(name, in: parent, operation)
    }

    /// Asks for one name: the object and, side by side, whether keys lie below it.
    private func askForOne(
        _ name: EntryName, in parent: InodeNumber, _ operation: String
    ) async throws(FileSystemError) -> Inode {
        let fileKey = try key(name, in: parent, operation)
        let below = ObjectKey(fileKey.rawValue + "/")
        let known = table.listed(name, in: parent, now: clock.now())
        if case .present(.directory, _) = known {
            return adopt(.directory, name: name, in: parent, metadata: nil)
        }
        async let head = headIfPresent(fileKey, operation)
        var hasKeysBelow = false
        if case .unknown = known {
            hasKeysBelow = try await storing(operation) { () async throws(ObjectStoreError) in
                let page = try await store.list(ListRequest(prefix: below, maximumKeys: 1))
                return !page.objects.isEmpty || !page.commonPrefixes.isEmpty
            }
        }
        let found = await head
        if hasKeysBelow { return adopt(.directory, name: name, in: parent, metadata: nil) }
        if let attributes = try found.get() {
            return adopt(
                .object(attributes), name: name, in: parent, metadata: attributes.userMetadata)
        }
        if let inode = table.child(of: parent, named: name) {
            if isLocal(inode) { return inode }
            table.detach(inode)
        }
        table.noteEntry(nil, named: name, in: parent)
        throw FileSystemError(.noEntry, operation)
    }

    private func headIfPresent(
        _ key: ObjectKey, _ operation: String
    ) async -> Result<ObjectAttributes?, FileSystemError> {
        do throws(ObjectStoreError) {
            return .success(try await store.head(key))
        } catch {
            if error.code == .noSuchKey { return .success(nil) }
            return .failure(FileSystemError(error, operation: operation))
        }
    }

    // MARK: Inodes

    /// Whether an inode answers from memory: it is being written here, or was seen lately.
    func isCurrent(_ inode: Inode, now: Duration) -> Bool {
        inode.state.withLock { state in
            state.content != nil || state.isPublishing || state.validUntil > now
        }
    }

    /// Whether an inode exists here although the store does not list it.
    func isLocal(_ inode: Inode) -> Bool {
        if inode.kind == .directory { return table.isLocalDirectory(inode.number) }
        return inode.state.withLock { $0.content != nil || $0.isPublishing }
    }

    /// Whether POSIX attributes have to be asked for before the object can be shown.
    func needsHead(
        _ listed: ObjectAttributes, name: EntryName, in parent: InodeNumber, holdsMetadata: Bool
    ) -> Bool {
        switch configuration.attributeSource {
        case .list: return false
        case .automatic where !holdsMetadata: return false
        case .automatic, .head: break
        }
        guard let inode = table.child(of: parent, named: name) else { return true }
        return inode.state.withLock { state in
            guard let remote = state.remote else { return true }
            return remote.eTag != listed.eTag || remote.userMetadata == nil
        }
    }

    /// Brings what the store told of a name into the tree.
    /// - Parameter metadata: user metadata where a HEAD told it; nil after a listing.
    func adopt(
        _ listed: ListedEntry, name: EntryName, in parent: InodeNumber, metadata: [String: String]?
    ) -> Inode {
        let until = clock.now() + configuration.attributeTTL
        let existing = table.child(of: parent, named: name)
        switch listed {
        case .directory:
            if let existing, existing.kind == .directory {
                existing.state.withLock { $0.validUntil = until }
                return existing
            }
            if let existing, isLocal(existing) { return existing }
            let attributes = FileAttributes(
                kind: .directory, permissions: configuration.directoryPermissions,
                uid: configuration.uid, gid: configuration.gid, size: 0,
                modified: wallClock.now())
            let inode = table.makeInode(attributes: attributes, remote: nil, validUntil: until)
            table.attach(inode, to: parent, named: name)
            return inode
        case .object(let object):
            var remote = RemoteVersion(
                eTag: object.eTag, size: object.size, lastModified: object.lastModified,
                userMetadata: metadata, contentType: object.contentType,
                storageClass: object.storageClass)
            let attributes = fileAttributes(of: object, metadata: metadata)
            if let existing {
                if isLocal(existing) { return existing }
                let isKept = existing.state.withLock { state in
                    guard existing.kind != .directory else { return false }
                    if metadata == nil, state.remote?.eTag == object.eTag {
                        state.validUntil = until
                        return true
                    }
                    guard existing.kind == attributes.kind else { return false }
                    if state.remote?.eTag != object.eTag {
                        state.isKernelCacheValid = false
                        state.linkTarget = nil
                    }
                    remote.userMetadata = metadata
                    state.remote = remote
                    state.attributes = attributes
                    state.validUntil = until
                    return true
                }
                if isKept { return existing }
            }
            let inode = table.makeInode(attributes: attributes, remote: remote, validUntil: until)
            table.attach(inode, to: parent, named: name)
            return inode
        }
    }

    private func fileAttributes(
        of object: ObjectAttributes, metadata: [String: String]?
    ) -> FileAttributes {
        var attributes = FileAttributes(
            kind: .regular, permissions: configuration.filePermissions,
            uid: configuration.uid, gid: configuration.gid, size: object.size,
            modified: object.lastModified)
        if let metadata { POSIXMetadata.decode(metadata, into: &attributes) }
        return attributes
    }

    /// Asks for a file's version and metadata now, whatever memory believes.
    /// - Throws: `stale` when the object is gone.
    func refresh(_ inode: Inode, _ operation: String) async throws(FileSystemError) {
        guard let place = table.place(of: inode.number) else { return }
        let key = try key(place.name, in: place.parent, operation)
        let object: ObjectAttributes
        do throws(ObjectStoreError) {
            object = try await store.head(key)
        } catch {
            if error.code == .noSuchKey {
                table.detach(inode)
                table.noteEntry(nil, named: place.name, in: place.parent)
                throw FileSystemError(.stale, operation, cause: error)
            }
            throw FileSystemError(error, operation: operation)
        }
        table.noteEntry(.object(object), named: place.name, in: place.parent)
        let adopted = adopt(
            .object(object), name: place.name, in: place.parent,
            metadata: object.userMetadata ?? [:])
        if adopted !== inode { throw FileSystemError(.stale, operation) }
    }
}
