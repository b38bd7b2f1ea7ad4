internal import ObjectStorage
internal import ReadCache
internal import Synchronization

extension FileSystem {
    /// Makes a directory by storing its marker object, `name/`.
    /// - Throws: `exists`, `notPermitted` when the naming guard refuses, `readOnly`, `nameTooLong`.
    package func makeDirectory(
        _ parent: InodeNumber, _ text: String, permissions: UInt32, _ caller: Caller
    ) async throws(FileSystemError) -> Entry {
        let name = try nameToMake(text, in: parent, isDirectory: true, "mkdir")
        try await requireFree(name, in: parent, "mkdir")
        let attributes = FileAttributes(
            kind: .directory, permissions: permissions & ~caller.umask, uid: caller.uid,
            gid: caller.gid, size: 0, modified: wallClock.now())
        return try await namespace.runShared("mkdir") { () async throws(FileSystemError) in
            try await self.makeDirectory(parent, name, attributes)
        }
    }

    private func makeDirectory(
        _ parent: InodeNumber, _ name: EntryName, _ attributes: FileAttributes
    ) async throws(FileSystemError) -> Entry {
        let key = try key(name, in: parent, isDirectory: true, "mkdir")
        do throws(FileSystemError) {
            let condition: WriteCondition =
                store.capabilities.conditionalWrites ? .ifAbsent : .none
            try await putMarker(key, attributes, condition: condition, "mkdir")
        } catch {
            if error.code == .stale { throw FileSystemError(.exists, "mkdir", cause: error) }
            throw error
        }
        let until = clock.now() + configuration.attributeTTL
        let inode = table.makeInode(attributes: attributes, remote: nil, validUntil: until)
        inode.state.withLock { $0.isMarkerKnown = true }
        table.attach(inode, to: parent, named: name)
        table.noteEntry(.directory, named: name, in: parent, isOwn: true)
        table.installEmptyListing(of: inode.number, validUntil: until)
        table.remember(inode)
        return entry(inode)
    }

    /// Removes an empty directory.
    /// - Throws: `notEmpty`, `notDirectory`, `noEntry`, `readOnly`.
    package func removeDirectory(
        _ parent: InodeNumber, _ text: String
    ) async throws(FileSystemError) {
        try requireWritable("rmdir")
        let name = try name(text, "rmdir")
        let directory = try await child(name, in: parent, "rmdir")
        guard directory.kind == .directory else { throw FileSystemError(.notDirectory, "rmdir") }
        try await directory.gate.run("rmdir") { () async throws(FileSystemError) in
            try await self.requireEmpty(directory, "rmdir")
            try await self.namespace.runShared("rmdir") { () async throws(FileSystemError) in
                let marker = try self.prefix(of: directory.number, "rmdir")
                try await self.storing("rmdir") { () async throws(ObjectStoreError) in
                    try await self.store.delete(marker, ifMatch: nil)
                }
                self.table.detach(directory)
                self.table.noteEntry(nil, named: name, in: parent)
            }
        }
        keepParent(parent)
    }

    /// - Throws: `notEmpty` when the store or this mount has anything below the directory.
    func requireEmpty(_ directory: Inode, _ operation: String) async throws(FileSystemError) {
        for (_, inode) in table.children(of: directory.number) {
            try await settle(inode, operation)
            if isLocal(inode) { throw FileSystemError(.notEmpty, operation) }
        }
        let prefix = try prefix(of: directory.number, operation)
        let page = try await storing(operation) { () async throws(ObjectStoreError) in
            try await store.list(ListRequest(prefix: prefix, delimiter: nil, maximumKeys: 2))
        }
        if page.objects.contains(where: { $0.key != prefix }) {
            throw FileSystemError(.notEmpty, operation)
        }
    }

    /// A directory without a marker would vanish with its last object; POSIX keeps it until it is
    /// removed, and so does this mount.
    func keepParent(_ parent: InodeNumber) {
        if parent != .root { table.setLocalDirectory(parent, true) }
    }

    // MARK: Symbolic links

    /// Makes a symbolic link: an object that holds the target and says in its mode what it is.
    package func makeSymbolicLink(
        _ parent: InodeNumber, _ text: String, target: String, _ caller: Caller
    ) async throws(FileSystemError) -> Entry {
        let name = try nameToMake(text, in: parent, "symlink")
        for component in target.split(separator: "/") {
            guard let part = EntryName(listed: String(component)) else { continue }
            try requireAllowed(part, in: .root, "symlink")
        }
        try await requireFree(name, in: parent, "symlink")
        let attributes = FileAttributes(
            kind: .symbolicLink, permissions: 0o777, uid: caller.uid, gid: caller.gid,
            size: UInt64(target.utf8.count), modified: wallClock.now())
        return try await namespace.runShared("symlink") { () async throws(FileSystemError) in
            try await self.makeSymbolicLink(parent, name, target: target, attributes)
        }
    }

    private func makeSymbolicLink(
        _ parent: InodeNumber, _ name: EntryName, target: String, _ attributes: FileAttributes
    ) async throws(FileSystemError) -> Entry {
        let object = NewObject(
            key: try key(name, in: parent, "symlink"),
            userMetadata: POSIXMetadata.encode(attributes),
            condition: store.capabilities.conditionalWrites ? .ifAbsent : .none)
        let stored = try await storing("symlink") { () async throws(ObjectStoreError) in
            try await store.put(object, body: MemorySource(Array(target.utf8)), checksum: nil)
        }
        let remote = RemoteVersion(
            eTag: stored.eTag, size: attributes.size, lastModified: attributes.modified,
            userMetadata: object.userMetadata, contentType: nil, storageClass: "STANDARD")
        let inode = table.makeInode(
            attributes: attributes, remote: remote,
            validUntil: clock.now() + configuration.attributeTTL)
        inode.state.withLock { $0.linkTarget = target }
        table.attach(inode, to: parent, named: name)
        let listed = ObjectAttributes(
            size: attributes.size, eTag: stored.eTag, lastModified: attributes.modified)
        table.noteEntry(.object(listed), named: name, in: parent, isOwn: true)
        table.remember(inode)
        return entry(inode)
    }

    /// The longest target that Linux takes, PATH_MAX less the NUL.
    private static let maximumTarget: UInt64 = 4095

    /// - Throws: `invalidArgument` for anything but a link, `inputOutput` for a target that no link
    ///   can have.
    package func readSymbolicLink(_ number: InodeNumber) async throws(FileSystemError) -> String {
        let inode = try inode(number, "readlink")
        guard inode.kind == .symbolicLink else {
            throw FileSystemError(.invalidArgument, "readlink")
        }
        let (known, remote) = inode.state.withLock { ($0.linkTarget, $0.remote) }
        if let known { return known }
        guard let remote, remote.size <= Self.maximumTarget, let key = key(of: number) else {
            throw FileSystemError(.inputOutput, "readlink")
        }
        let reader = cache.openReader(key: key, eTag: remote.eTag, size: remote.size)
        defer { reader.close() }
        let bytes = try await storing("readlink") { () async throws(ObjectStoreError) in
            try await reader.read(ByteRange(offset: 0, count: remote.size))
        }
        guard let target = String(validating: bytes, as: UTF8.self), !target.utf8.contains(0)
        else { throw FileSystemError(.inputOutput, "readlink") }
        inode.state.withLock { $0.linkTarget = target }
        return target
    }
}
