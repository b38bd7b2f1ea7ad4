internal import ObjectStorage
internal import Synchronization

extension FileSystem {
    /// Entries given at once at most: what one reply can hold, and what HEADs are made for.
    private static let batchSize = 1024

    /// Opens a directory; asks nothing.
    /// - Throws: `notDirectory`, `stale`.
    package func openDirectory(_ number: InodeNumber) throws(FileSystemError) -> HandleNumber {
        let inode = try inode(number, "opendir")
        guard inode.kind == .directory else { throw FileSystemError(.notDirectory, "opendir") }
        table.pin(inode)
        return handles.addDirectory(inode)
    }

    /// Closes a directory.
    package func releaseDirectory(_ handle: HandleNumber) {
        guard let directory = handles.removeDirectory(handle) else { return }
        rewind(directory)
        table.unpin(directory.inode)
    }

    /// Entries from index `offset` on; empty at the end. "." is index 0, ".." is 1.
    /// - Parameter withAttributes: complete attributes and inodes, for READDIRPLUS. The caller
    ///   calls `remember` for each entry that it hands to the kernel.
    package func readDirectory(
        _ handle: HandleNumber, offset: UInt64, withAttributes: Bool
    ) async throws(FileSystemError) -> [DirectoryEntry] {
        guard let directory = handles.directory(handle) else {
            throw FileSystemError(.badHandle, "readdir")
        }
        return try await directory.gate.run("readdir") { () async throws(FileSystemError) in
            if offset == 0 || offset < directory.window.withLock({ $0.start }) {
                self.rewind(directory)
            }
            let dots = Self.dots.dropFirst(Int(clamping: offset))
            let batch = try await self.batch(
                of: directory, from: max(offset, 2), withAttributes: withAttributes)
            return dots + batch
        }
    }

    private static let dots = [".", ".."].map {
        DirectoryEntry(name: $0, kind: .directory, inode: nil, attributes: nil, validity: .zero)
    }

    private func batch(
        of directory: DirectoryHandle, from offset: UInt64, withAttributes: Bool
    ) async throws(FileSystemError) -> [DirectoryEntry] {
        while true {
            let (batch, isComplete, holdsMetadata) = directory.window.withLock { window in
                let skip = Int(clamping: offset - window.start)
                let rest = window.names.dropFirst(skip).prefix(Self.batchSize)
                return (Array(rest), window.isComplete, window.holdsMetadata)
            }
            if !batch.isEmpty {
                return await entries(
                    batch, of: directory, withAttributes: withAttributes,
                    holdsMetadata: holdsMetadata)
            }
            if isComplete { return [] }
            try await advance(directory, to: offset)
        }
    }

    /// Back to the beginning; gives up a listing under way.
    private func rewind(_ directory: DirectoryHandle) {
        let wasListing = directory.window.withLock { window in
            defer { window = DirectoryHandle.Window() }
            return window.isStarted && !window.isComplete
        }
        if wasListing { table.endListing(of: directory.inode.number, with: nil) }
    }

    /// Counts a lookup for an entry that READDIRPLUS gave to the kernel.
    package func remember(_ number: InodeNumber) {
        if let inode = table.inode(number) { table.remember(inode) }
    }

    private func entries(
        _ batch: [(name: EntryName, entry: ListedEntry)], of directory: DirectoryHandle,
        withAttributes: Bool, holdsMetadata: Bool
    ) async -> [DirectoryEntry] {
        guard withAttributes else {
            return batch.map { name, entry in
                let inode = table.child(of: directory.inode.number, named: name)
                return DirectoryEntry(
                    name: name.rawValue, kind: inode?.kind ?? entry.kind, inode: inode?.number,
                    attributes: nil, validity: .zero)
            }
        }
        let inodes = await adoptAll(
            batch, in: directory.inode.number, holdsMetadata: holdsMetadata)
        return batch.map { name, listed in
            guard let inode = inodes[name] else {
                return DirectoryEntry(
                    name: name.rawValue, kind: listed.kind, inode: nil, attributes: nil,
                    validity: .zero)
            }
            let entry = entry(inode)
            return DirectoryEntry(
                name: name.rawValue, kind: inode.kind, inode: inode.number,
                attributes: entry.attributes, validity: entry.validity)
        }
    }

    /// Moves the window to the next page: from the cached listing, else from the store.
    private func advance(
        _ directory: DirectoryHandle, to offset: UInt64
    ) async throws(FileSystemError) {
        let number = directory.inode.number
        let (isStarted, token) = directory.window.withLock { ($0.isStarted, $0.continuationToken) }
        if !isStarted, let listing = table.listing(of: number, now: clock.now()) {
            directory.window.withLock { window in
                window.isStarted = true
                window.isComplete = true
                window.holdsMetadata = listing.holdsPOSIXMetadata
                window.names = listing.entries.map { ($0.key, $0.value) }
                window.names += localNames(in: number).filter { listing.entries[$0.name] == nil }
            }
            return
        }
        let prefix = try prefix(of: number, "readdir")
        let began = clock.now()
        if !isStarted {
            table.beginListing(of: number)
            directory.window.withLock { $0.isStarted = true }
        }
        let page: ListPage
        do throws(FileSystemError) {
            page = try await storing("readdir") { () async throws(ObjectStoreError) in
                try await store.list(ListRequest(prefix: prefix, continuationToken: token))
            }
        } catch {
            rewind(directory)
            throw error
        }
        var names: [EntryName: ListedEntry] = [:]
        collect(page, below: prefix, into: &names)
        if !isStarted {
            let holdsMetadata = await sampleHoldsMetadata(names, below: prefix)
            directory.window.withLock { $0.holdsMetadata = holdsMetadata }
        }
        take(names, token: page.continuationToken, into: directory, began: began)
    }

    private func take(
        _ names: [EntryName: ListedEntry], token: String?, into directory: DirectoryHandle,
        began: Duration
    ) {
        let number = directory.inode.number
        let local = localNames(in: number)
        let localSet = Set(local.map(\.name))
        let complete: DirectoryListing?? = directory.window.withLock { window in
            // A directory "a/" can be listed pages behind a file "a": the file's name is out
            // already.
            let fresh = names.filter {
                window.collected?[$0.key] == nil && !localSet.contains($0.key)
            }
            window.start += UInt64(window.names.count)
            window.names = fresh.map { ($0.key, $0.value) }
            window.collected?.merge(names) { _, new in new }
            if (window.collected?.count ?? 0) > DirectoryListing.maximumEntries {
                window.collected = nil
            }
            window.continuationToken = token
            guard token == nil else { return .none }
            window.isComplete = true
            window.names += local
            return .some(
                window.collected.map {
                    DirectoryListing(
                        entries: $0, validUntil: began + configuration.attributeTTL,
                        holdsPOSIXMetadata: window.holdsMetadata)
                })
        }
        if let complete { table.endListing(of: number, with: complete) }
    }

    /// Names that exist only in this mount so far.
    private func localNames(
        in number: InodeNumber
    ) -> [(name: EntryName, entry: ListedEntry)] {
        table.children(of: number).compactMap { name, inode in
            guard isLocal(inode) else { return nil }
            if inode.kind == .directory { return (name, .directory) }
            let attributes = inode.attributes
            let placeholder = ObjectAttributes(
                size: attributes.size, eTag: ETag(""), lastModified: attributes.modified)
            return (name, .object(placeholder))
        }
    }
}
