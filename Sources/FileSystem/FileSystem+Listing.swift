internal import ObjectStorage
internal import Synchronization

extension FileSystem {
    /// Objects of a new listing that are asked whether they carry POSIX attributes.
    private static let sampleSize = 8

    /// Lists a directory for one name when a single page holds all of it.
    /// - Returns: false when the directory is larger: names are then asked for one by one.
    func refreshSmallListing(
        of number: InodeNumber, _ operation: String
    ) async throws(FileSystemError) -> Bool {
        let now = clock.now()
        if table.isLarge(number, now: now) { return false }
        let prefix = try prefix(of: number, operation)
        table.beginListing(of: number)
        var listing: DirectoryListing?
        do throws(FileSystemError) {
            let page = try await storing(operation) { () async throws(ObjectStoreError) in
                try await store.list(ListRequest(prefix: prefix))
            }
            if page.continuationToken == nil {
                var names: [EntryName: ListedEntry] = [:]
                collect(page, below: prefix, into: &names)
                listing = DirectoryListing(
                    entries: names, validUntil: now + configuration.attributeTTL,
                    holdsPOSIXMetadata: await sampleHoldsMetadata(names, below: prefix))
            } else {
                table.noteLarge(number, until: now + configuration.attributeTTL)
            }
        } catch {
            table.endListing(of: number, with: nil)
            throw error
        }
        table.endListing(of: number, with: listing)
        return listing != nil
    }

    /// Turns a page's keys into names; a directory shadows a file of the same name.
    func collect(
        _ page: ListPage, below prefix: ObjectKey, into names: inout [EntryName: ListedEntry]
    ) {
        for (key, attributes) in page.objects {
            guard key != prefix, let name = ListedName.component(of: key, below: prefix) else {
                continue
            }
            if case .directory? = names[name] { continue }
            names[name] = .object(attributes)
        }
        for key in page.commonPrefixes {
            if let name = ListedName.component(of: key, below: prefix) { names[name] = .directory }
        }
    }

    /// Asks a few objects, side by side, whether they carry POSIX attributes.
    func sampleHoldsMetadata(
        _ names: [EntryName: ListedEntry], below prefix: ObjectKey
    ) async -> Bool {
        switch configuration.attributeSource {
        case .list: return false
        case .head: return true
        case .automatic: break
        }
        let objects = names.lazy.filter { if case .object = $0.value { true } else { false } }
        let sample = objects.prefix(Self.sampleSize).map {
            ObjectKey(prefix.rawValue + $0.key.rawValue)
        }
        return await withTaskGroup(of: Bool.self) { group in
            for key in sample {
                group.addTask {
                    // A failure says nothing: the cautious answer costs requests, not truth.
                    guard let found = try? await self.store.head(key) else { return true }
                    return POSIXMetadata.isPresent(in: found.userMetadata ?? [:])
                }
            }
            return await group.contains(true)
        }
    }

    /// Completes the attributes of listed names side by side, where they need a HEAD each.
    /// - Returns: the inodes by name; a name that vanished meanwhile is left out.
    func adoptAll(
        _ names: [(name: EntryName, entry: ListedEntry)], in parent: InodeNumber,
        holdsMetadata: Bool
    ) async -> [EntryName: Inode] {
        var inodes: [EntryName: Inode] = [:]
        var toAsk: [EntryName] = []
        for (name, entry) in names {
            if needsCompletion(entry, name: name, in: parent, holdsMetadata: holdsMetadata) {
                toAsk.append(name)
            } else {
                inodes[name] = adopt(entry, name: name, in: parent, metadata: nil)
            }
        }
        guard !toAsk.isEmpty else { return inodes }
        var waiting = toAsk[...]
        await withTaskGroup(of: (EntryName, Inode?).self) { group in
            for _ in 0..<min(Self.parallelHeads, waiting.count) {
                let name = waiting.removeFirst()
                group.addTask { (name, try? await self.completedChild(name, in: parent)) }
            }
            for await (name, inode) in group {
                if let inode { inodes[name] = inode }
                if let next = waiting.popFirst() {
                    group.addTask { (next, try? await self.completedChild(next, in: parent)) }
                }
            }
        }
        return inodes
    }

    private func needsCompletion(
        _ entry: ListedEntry, name: EntryName, in parent: InodeNumber, holdsMetadata: Bool
    ) -> Bool {
        switch entry {
        case .object(let attributes):
            return needsHead(attributes, name: name, in: parent, holdsMetadata: holdsMetadata)
        case .directory:
            guard holdsMetadata, let inode = table.child(of: parent, named: name) else {
                return holdsMetadata
            }
            return inode.state.withLock { !$0.isMarkerKnown }
        }
    }

    private func completedChild(
        _ name: EntryName, in parent: InodeNumber
    ) async throws(FileSystemError) -> Inode {
        let inode = try await child(name, in: parent, "readdir")
        if inode.kind == .directory { try await learnMarker(of: inode, "readdir") }
        return inode
    }

    /// Asks a directory's marker object, once, for its attributes. A directory may have none.
    func learnMarker(of directory: Inode, _ operation: String) async throws(FileSystemError) {
        if directory.state.withLock({ $0.isMarkerKnown }) { return }
        let key = try prefix(of: directory.number, operation)
        let object: ObjectAttributes?
        do throws(ObjectStoreError) {
            object = key.rawValue.isEmpty ? nil : try await store.head(key)
        } catch {
            guard error.code == .noSuchKey else {
                throw FileSystemError(error, operation: operation)
            }
            object = nil
        }
        directory.state.withLock { state in
            state.isMarkerKnown = true
            guard let object else { return }
            state.attributes.modified = object.lastModified
            POSIXMetadata.decode(object.userMetadata ?? [:], into: &state.attributes)
        }
    }
}
