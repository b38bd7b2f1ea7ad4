internal import ObjectStorage
internal import Synchronization

extension FileSystem {
    /// What `stat` shows, without waiting; nil when the store must be asked.
    package func attributesImmediately(
        _ number: InodeNumber
    ) throws(FileSystemError) -> Entry? {
        let inode = try inode(number, "getattr")
        if number == .root { return fixedEntry(inode) }
        let now = clock.now()
        return try inode.state.withLock { state throws(FileSystemError) in
            if state.isUnlinked, state.openHandles == 0 {
                // Gone, also for a kernel that still remembers the name.
                throw FileSystemError(.stale, "getattr")
            }
            let isLocal = state.content != nil || state.isUnlinked
            guard state.isSettled, isLocal || state.validUntil > now else { return nil }
            return Entry(
                inode: number, attributes: state.attributes, validity: validity(state, now: now))
        }
    }

    /// What `stat` shows, after waiting for a publication that is due.
    /// - Throws: `stale` when the object is gone, and what the store throws.
    package func attributes(_ number: InodeNumber) async throws(FileSystemError) -> Entry {
        let inode = try inode(number, "getattr")
        try await settle(inode, "getattr")
        if let known = try attributesImmediately(number) { return known }
        guard let place = table.place(of: number) else { return entry(inode) }
        let found = try await child(place.name, in: place.parent, "getattr")
        guard found === inode else { throw FileSystemError(.stale, "getattr") }
        return entry(inode)
    }

    private func fixedEntry(_ inode: Inode) -> Entry {
        Entry(
            inode: inode.number, attributes: inode.attributes,
            validity: configuration.attributeTTL)
    }

    /// Changes size, mode, owner or times. On an uploaded file without open writers the change is
    /// in the store when this returns.
    package func setAttributes(
        _ number: InodeNumber, _ change: AttributeChange
    ) async throws(FileSystemError) -> Entry {
        try requireWritable("setattr")
        let inode = try inode(number, "setattr")
        switch inode.kind {
        case .directory:
            try await setDirectoryAttributes(inode, change)
        case .regular, .symbolicLink:
            if inode.state.withLock({ $0.content == nil && $0.remote?.userMetadata == nil }) {
                try await refresh(inode, "setattr")
            }
            try await inode.gate.run("setattr") { () async throws(FileSystemError) in
                try await self.setFileAttributes(inode, change)
            }
        }
        return inode.kind == .directory ? fixedEntry(inode) : entry(inode)
    }

    private func setFileAttributes(
        _ inode: Inode, _ change: AttributeChange
    ) async throws(FileSystemError) {
        let (size, hasWriters, sized) = inode.state.withLock { state in
            (state.attributes.size, state.openWriters > 0, state.content != nil)
        }
        if let newSize = change.size, newSize != size || sized {
            guard inode.kind == .regular else { throw FileSystemError(.invalidArgument, "setattr") }
            try await truncateHoldingGate(inode, to: newSize, "truncate")
        }
        let now = wallClock.now()
        inode.state.withLock { state in
            let before = state.attributes
            change.apply(to: &state.attributes, now: now)
            let isStored = Self.storedPart(before) != Self.storedPart(state.attributes)
            if isStored { state.changeCount += 1 }
            if change.modified != nil { state.isTimeSet = true }
        }
        // An open writer's close carries the change.
        if !hasWriters { try await publishHoldingGate(inode, "setattr") }
    }

    /// The attributes that an object's metadata keeps.
    private static func storedPart(_ attributes: FileAttributes) -> [String: String] {
        POSIXMetadata.encode(attributes)
    }

    private func setDirectoryAttributes(
        _ inode: Inode, _ change: AttributeChange
    ) async throws(FileSystemError) {
        guard change.size == nil else { throw FileSystemError(.isDirectory, "setattr") }
        let now = wallClock.now()
        try await learnMarker(of: inode, "setattr")
        try await inode.gate.run("setattr") { () async throws(FileSystemError) in
            var attributes = inode.attributes
            let before = Self.storedPart(attributes)
            change.apply(to: &attributes, now: now)
            if Self.storedPart(attributes) != before, inode.number != .root {
                try await self.namespace.runShared("setattr") {
                    () async throws(FileSystemError) in
                    try await self.putMarker(of: inode, attributes, condition: .none, "setattr")
                }
            }
            inode.state.withLock { $0.attributes = attributes }
        }
    }

    /// Stores a directory's marker object with its attributes.
    func putMarker(
        of directory: Inode, _ attributes: FileAttributes, condition: WriteCondition,
        _ operation: String
    ) async throws(FileSystemError) {
        let key = try prefix(of: directory.number, operation)
        try await putMarker(key, attributes, condition: condition, operation)
    }

    func putMarker(
        _ key: ObjectKey, _ attributes: FileAttributes, condition: WriteCondition,
        _ operation: String
    ) async throws(FileSystemError) {
        let marker = NewObject(
            key: key, userMetadata: POSIXMetadata.encode(attributes),
            contentType: "application/x-directory", condition: condition)
        _ = try await storing(operation) { () async throws(ObjectStoreError) in
            try await store.put(marker, body: MemorySource([]), checksum: nil)
        }
    }

    /// What `statvfs` tells.
    package struct Statistics: Sendable {
        /// Bytes.
        package let blockSize: UInt32
        package let totalBlocks: UInt64
        package let freeBlocks: UInt64
        package let files: UInt64
    }

    /// What `statvfs` shows: a store has no size, so one is made up.
    package func statistics() -> Statistics {
        let blockSize: UInt32 = 1 << 20
        let blocks = configuration.shownSize / UInt64(blockSize)
        return Statistics(
            blockSize: blockSize, totalBlocks: blocks, freeBlocks: blocks,
            files: UInt64(table.count))
    }
}
