internal import ObjectStorage
internal import ReadCache
internal import Staging
internal import Synchronization

extension FileSystem {
    /// What `renameat2` asks for beyond a plain rename.
    package enum RenameMode: Sendable {
        case replace
        case noReplace
    }

    /// Renames a file, symbolic link or directory. A file that is not uploaded yet moves in memory;
    /// an uploaded one is copied by the server and then deleted under its old name.
    /// - Throws: `notPermitted` when the naming guard refuses the new name, `exists`, `notEmpty`,
    ///   `isDirectory`, `notDirectory`, `stale` when the object was changed by someone else.
    package func rename(
        _ parent: InodeNumber, _ text: String, to newParent: InodeNumber, _ newText: String,
        _ mode: RenameMode
    ) async throws(FileSystemError) {
        let name = try name(text, "rename")
        let source = try await child(name, in: parent, "rename")
        let newName = try nameToMake(
            newText, in: newParent, isDirectory: source.kind == .directory, "rename")
        let target = try await existing(newName, in: newParent)
        if target === source { return }
        if mode == .noReplace, target != nil { throw FileSystemError(.exists, "rename") }
        let move = Move(
            source: source, from: parent, name: name, target: target, to: newParent,
            newName: newName, mode: mode)
        if source.kind == .directory {
            try await renameDirectory(move)
        } else {
            if target?.kind == .directory { throw FileSystemError(.isDirectory, "rename") }
            try await locked(source, target) { () async throws(FileSystemError) in
                try await self.renameFile(move)
            }
        }
        keepParent(parent)
    }

    private struct Move: Sendable {
        let source: Inode
        let from: InodeNumber
        let name: EntryName
        let target: Inode?
        let to: InodeNumber
        let newName: EntryName
        let mode: RenameMode
    }

    private func existing(
        _ name: EntryName, in parent: InodeNumber
    ) async throws(FileSystemError) -> Inode? {
        do throws(FileSystemError) {
            return try await child(name, in: parent, "rename")
        } catch {
            if error.code == .noEntry { return nil }
            throw error
        }
    }

    /// Holds both gates, the lower inode number first, so that two renames cannot wait for each
    /// other.
    private func locked(
        _ source: Inode, _ target: Inode?,
        _ body: @Sendable () async throws(FileSystemError) -> Void
    ) async throws(FileSystemError) {
        guard let target else { return try await source.gate.run("rename", body) }
        let (first, second) =
            source.number.rawValue < target.number.rawValue ? (source, target) : (target, source)
        try await first.gate.run("rename") { () async throws(FileSystemError) in
            try await second.gate.run("rename", body)
        }
    }

    // MARK: Files

    private func renameFile(_ move: Move) async throws(FileSystemError) {
        let source = move.source
        if source.state.withLock({ $0.isPublicationDue }) { await publishDue(source) }
        if source.state.withLock({ $0.isUnlinked }) { throw FileSystemError(.stale, "rename") }
        if let target = move.target { try await keepReadable(target) }
        try await namespace.runShared("rename") { () async throws(FileSystemError) in
            if source.state.withLock({ $0.remote != nil }) {
                try await self.moveObject(move)
            } else {
                self.moveUnpublished(move)
            }
        }
    }

    /// A file that the store has not seen: only its future key changes, and what it will replace.
    private func moveUnpublished(_ move: Move) {
        let replaced = move.target.flatMap { target in
            target.state.withLock { $0.remote?.eTag ?? $0.replaces }
        }
        if let target = move.target { remove(target) }
        move.source.state.withLock { state in
            state.replaces = replaced
            state.changeCount += 1
        }
        table.attach(move.source, to: move.to, named: move.newName)
    }

    private func moveObject(_ move: Move) async throws(FileSystemError) {
        let source = move.source
        let oldKey = try key(move.name, in: move.from, "rename")
        let newKey = try key(move.newName, in: move.to, "rename")
        if source.state.withLock({ $0.remote?.userMetadata == nil }) {
            try await refresh(source, "rename")
        }
        guard let remote = source.state.withLock({ $0.remote }) else {
            throw FileSystemError(.stale, "rename")
        }
        let isExclusive = move.mode == .noReplace && store.capabilities.conditionalWrites
        let object = NewObject(
            key: newKey, userMetadata: remote.userMetadata ?? [:],
            contentType: remote.contentType, condition: isExclusive ? .ifAbsent : .none)
        let request = CopyRequest(
            source: oldKey, sourceETag: remote.eTag, target: object, replacesMetadata: false)
        let stored = try await storing("rename") { () async throws(ObjectStoreError) in
            let stored = try await store.copyAnySize(request, size: remote.size)
            try await store.delete(
                oldKey, ifMatch: store.capabilities.conditionalDelete ? remote.eTag : nil)
            return stored
        }
        finishMove(move, remote: remote, stored: stored, newKey: newKey)
        cache.invalidate(key: oldKey)
    }

    private func finishMove(
        _ move: Move, remote: RemoteVersion, stored: StoredObject, newKey: ObjectKey
    ) {
        if let target = move.target { remove(target) }
        let until = clock.now() + configuration.attributeTTL
        let content = move.source.state.withLock { state in
            state.remote?.eTag = stored.eTag
            state.readerGeneration += 1
            if let modified = stored.lastModified { state.remote?.lastModified = modified }
            state.validUntil = until
            return state.content
        }
        content?.moveBase(to: newKey, eTag: stored.eTag)
        table.attach(move.source, to: move.to, named: move.newName)
        table.noteEntry(nil, named: move.name, in: move.from)
        let attributes = ObjectAttributes(
            size: remote.size, eTag: stored.eTag,
            lastModified: stored.lastModified ?? remote.lastModified,
            userMetadata: remote.userMetadata)
        table.noteEntry(.object(attributes), named: move.newName, in: move.to, isOwn: true)
    }

    // MARK: Directories

    /// Copies of one directory rename that are made side by side.
    private static let parallelCopies = 32

    private func renameDirectory(_ move: Move) async throws(FileSystemError) {
        if let target = move.target {
            guard target.kind == .directory else { throw FileSystemError(.notDirectory, "rename") }
            try await requireEmpty(target, "rename")
        }
        if isBelow(move.to, move.source.number) {
            throw FileSystemError(.invalidArgument, "rename")
        }
        try await settleBelow(move.source)
        try await namespace.run("rename") { () async throws(FileSystemError) in
            try await self.moveDirectory(move)
        }
    }

    /// Call while nothing else changes the store.
    private func moveDirectory(_ move: Move) async throws(FileSystemError) {
        let oldPrefix = try prefix(of: move.source.number, "rename")
        let newPrefix = try key(move.newName, in: move.to, isDirectory: true, "rename")
        let known = knownFiles(below: move.source)
        let versions = try await moveAll(
            from: oldPrefix, to: newPrefix, reporting: Set(known.keys))
        if let target = move.target { table.detach(target) }
        for (key, inode) in known {
            let content = inode.state.withLock { state in
                if let version = versions[key] { state.remote?.eTag = version }
                state.readerGeneration += 1
                return state.content
            }
            if let version = versions[key] {
                content?.moveBase(
                    to: Self.moved(key, from: oldPrefix, to: newPrefix), eTag: version)
            }
        }
        for inode in table.descendants(of: move.source.number) {
            table.dropListing(of: inode.number)
        }
        table.dropListing(of: move.source.number)
        table.attach(move.source, to: move.to, named: move.newName)
        table.setLocalDirectory(move.source.number, true)
        table.noteEntry(nil, named: move.name, in: move.from)
        table.noteEntry(.directory, named: move.newName, in: move.to, isOwn: true)
    }

    private func knownFiles(below directory: Inode) -> [ObjectKey: Inode] {
        var known: [ObjectKey: Inode] = [:]
        for inode in table.descendants(of: directory.number) where inode.kind != .directory {
            if let key = key(of: inode.number) { known[key] = inode }
        }
        return known
    }

    /// A key with its prefix replaced.
    private static func moved(
        _ key: ObjectKey, from oldPrefix: ObjectKey, to newPrefix: ObjectKey
    ) -> ObjectKey {
        let rest = key.rawValue.utf8.dropFirst(oldPrefix.rawValue.utf8.count)
        return ObjectKey(newPrefix.rawValue + String(Substring(rest)))
    }

    private func isBelow(_ number: InodeNumber, _ ancestor: InodeNumber) -> Bool {
        var current: InodeNumber? = number
        while let next = current {
            if next == ancestor { return true }
            current = table.parent(of: next)
        }
        return false
    }

    /// Waits for publications below a directory that is to move. What is still being written
    /// follows its directory: its base is moved, and it is published under the new name.
    private func settleBelow(_ directory: Inode) async throws(FileSystemError) {
        for inode in table.descendants(of: directory.number) where inode.kind == .regular {
            try await settle(inode, "rename")
        }
    }

    /// Copies every object below a prefix, then deletes the originals: an interrupted rename leaves
    /// the old names whole.
    /// - Returns: the new versions of the objects in `reporting`, by their old keys.
    private func moveAll(
        from oldPrefix: ObjectKey, to newPrefix: ObjectKey, reporting known: Set<ObjectKey>
    ) async throws(FileSystemError) -> [ObjectKey: ETag] {
        var versions: [ObjectKey: ETag] = [:]
        var token: String?
        var originals: [(key: ObjectKey, attributes: ObjectAttributes)] = []
        repeat {
            let page = try await storing("rename") { () async throws(ObjectStoreError) in
                try await store.list(
                    ListRequest(prefix: oldPrefix, delimiter: nil, continuationToken: token))
            }
            for object in page.objects {
                let key = Self.moved(object.key, from: oldPrefix, to: newPrefix)
                guard key.isStorable else { throw FileSystemError(.nameTooLong, "rename") }
            }
            for (key, stored) in try await copyPage(page, from: oldPrefix, to: newPrefix)
            where known.contains(key) {
                versions[key] = stored.eTag
            }
            originals += page.objects
            token = page.continuationToken
        } while token != nil
        var rest = originals.map(\.key)[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(1000))
            rest = rest.dropFirst(1000)
            let failures = try await storing("rename") { () async throws(ObjectStoreError) in
                try await store.delete(batch)
            }
            if let first = failures.first {
                throw FileSystemError(first.error, operation: "rename")
            }
        }
        return versions
    }

    /// A directory's marker is made anew: stores with directories of their own copy none.
    private func moveMarker(
        _ request: CopyRequest
    ) async throws(ObjectStoreError) -> StoredObject {
        let attributes = try await store.head(request.source)
        var marker = request.target
        marker.userMetadata = attributes.userMetadata ?? [:]
        marker.contentType = attributes.contentType
        return try await store.put(marker, body: MemorySource([]), checksum: nil)
    }

    private func copyPage(
        _ page: ListPage, from oldPrefix: ObjectKey, to newPrefix: ObjectKey
    ) async throws(FileSystemError) -> [(ObjectKey, StoredObject)] {
        typealias Copy = Result<(ObjectKey, StoredObject), ObjectStoreError>
        var waiting = page.objects[...]
        let results: [Copy] = await withTaskGroup(of: Copy.self) { group in
            var results: [Copy] = []
            func startNext() {
                guard let object = waiting.popFirst() else { return }
                let target = NewObject(
                    key: Self.moved(object.key, from: oldPrefix, to: newPrefix))
                let request = CopyRequest(
                    source: object.key, sourceETag: object.attributes.eTag, target: target,
                    replacesMetadata: false)
                let size = object.attributes.size
                group.addTask {
                    await Result { () async throws(ObjectStoreError) in
                        if size == 0, object.key.rawValue.utf8.last == UInt8(ascii: "/") {
                            return (object.key, try await self.moveMarker(request))
                        }
                        return (object.key, try await self.store.copyAnySize(request, size: size))
                    }
                }
            }
            for _ in 0..<Self.parallelCopies { startNext() }
            var hasFailed = false
            while let result = await group.next() {
                if case .failure = result { hasFailed = true }
                results.append(result)
                if !hasFailed { startNext() }
            }
            return results
        }
        var copies: [(ObjectKey, StoredObject)] = []
        for result in results {
            do throws(ObjectStoreError) {
                copies.append(try result.get())
            } catch {
                throw FileSystemError(error, operation: "rename")
            }
        }
        return copies
    }
}
