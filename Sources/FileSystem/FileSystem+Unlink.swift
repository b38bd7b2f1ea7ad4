internal import ObjectStorage
internal import ReadCache
internal import Staging
internal import Synchronization

extension FileSystem {
    /// An object of at most this many bytes is kept readable for those who have it open when it is
    /// deleted; readers of a larger one get ESTALE for what they have not read yet.
    private static let keptWhenUnlinked: UInt64 = 64 << 20

    /// Removes a file or symbolic link. Returns when the store has deleted the object.
    package func unlink(_ parent: InodeNumber, _ text: String) async throws(FileSystemError) {
        try requireWritable("unlink")
        let name = try name(text, "unlink")
        let inode = try await child(name, in: parent, "unlink")
        guard inode.kind != .directory else { throw FileSystemError(.isDirectory, "unlink") }
        try await inode.gate.run("unlink") { () async throws(FileSystemError) in
            try await self.namespace.runShared("unlink") { () async throws(FileSystemError) in
                try await self.unlink(inode, name, in: parent)
            }
        }
        keepParent(parent)
    }

    private func unlink(
        _ inode: Inode, _ name: EntryName, in parent: InodeNumber
    ) async throws(FileSystemError) {
        let key = try key(name, in: parent, "unlink")
        try await keepReadable(inode)
        let isStored = inode.state.withLock { $0.remote != nil || $0.replaces != nil }
        if isStored {
            try await storing("unlink") { () async throws(ObjectStoreError) in
                try await store.delete(key, ifMatch: nil)
            }
        }
        remove(inode)
        table.noteEntry(nil, named: name, in: parent)
        cache.invalidate(key: key)
    }

    /// Takes an inode whose object is gone, or replaced, out of the tree. What is staged lives on
    /// for the handles that are open. Call under the inode's gate.
    func remove(_ inode: Inode) {
        let idle = inode.state.withLock { state in
            state.isUnlinked = true
            state.isPublicationDue = false
            guard state.openHandles == 0 else { return StagedContent?.none }
            defer { state.content = nil }
            return state.content
        }
        table.detach(inode)
        if let idle { giveUp(idle) }
    }

    /// Copies an open file's bytes into the staging area before its object goes.
    func keepReadable(_ inode: Inode) async throws(FileSystemError) {
        let (isNeeded, remote) = inode.state.withLock { state in
            (state.openHandles > 0 && state.content == nil, state.remote)
        }
        guard isNeeded, let remote, remote.size <= Self.keptWhenUnlinked,
            let key = key(of: inode.number)
        else { return }
        let base = BaseObject(key: key, eTag: remote.eTag, size: remote.size)
        let content = try makeContent(base: base, "unlink")
        let all = ByteRange(offset: 0, count: remote.size)
        try await fill(content.file.missingRanges(forRead: all), of: content)
        inode.state.withLock { $0.content = content }
    }
}
