internal import ObjectStorage
internal import Staging
internal import Synchronization

extension FileSystem {
    /// Opens without waiting.
    /// - Returns: nil when the version must be checked first, a publication is due, or content has
    ///   to be emptied.
    package func openImmediately(
        _ number: InodeNumber, _ mode: OpenMode, _ caller: Caller
    ) throws(FileSystemError) -> OpenedFile? {
        let inode = try openable(number, mode)
        let now = clock.now()
        let isReady = inode.state.withLock { state in
            guard state.isSettled, !mode.truncates else { return false }
            if state.content != nil { return true }
            guard state.validUntil > now else { return false }
            return !mode.isWritable || state.remote?.userMetadata != nil
        }
        guard isReady else { return nil }
        return try finishOpen(inode, mode, caller)
    }

    /// Opens a file, checking its version and waiting for a publication that is due.
    /// - Throws: `isDirectory`, `readOnly`, `stale` when it is gone, `tooManyFiles`.
    package func open(
        _ number: InodeNumber, _ mode: OpenMode, _ caller: Caller
    ) async throws(FileSystemError) -> OpenedFile {
        let inode = try openable(number, mode)
        try await settle(inode, "open")
        let now = clock.now()
        let (isWritten, isCurrent, knowsMetadata) = inode.state.withLock { state in
            (state.content != nil, state.validUntil > now, state.remote?.userMetadata != nil)
        }
        if !isWritten {
            if mode.isWritable, !(isCurrent && knowsMetadata) {
                try await refresh(inode, "open")
            } else if !isCurrent, let place = table.place(of: number) {
                let found = try await child(place.name, in: place.parent, "open")
                guard found === inode else { throw FileSystemError(.stale, "open") }
            }
        }
        if mode.truncates {
            try await inode.gate.run("open") { () async throws(FileSystemError) in
                try await self.truncateHoldingGate(inode, to: 0, "open")
            }
        }
        return try finishOpen(inode, mode, caller)
    }

    private func openable(
        _ number: InodeNumber, _ mode: OpenMode
    ) throws(FileSystemError) -> Inode {
        let inode = try inode(number, "open")
        switch inode.kind {
        case .directory: throw FileSystemError(.isDirectory, "open")
        case .symbolicLink: throw FileSystemError(.invalidArgument, "open")
        case .regular: break
        }
        if mode.isWritable || mode.truncates { try requireWritable("open") }
        return inode
    }

    private func finishOpen(
        _ inode: Inode, _ mode: OpenMode, _ caller: Caller
    ) throws(FileSystemError) -> OpenedFile {
        let opener = mode.isWritable ? inspector.processID(ofThread: caller.pid) : nil
        let handle = try handles.addFile(inode, mode: mode, openerProcess: opener)
        table.pin(inode)
        let keeps = inode.state.withLock { state in
            state.openHandles += 1
            if mode.isWritable { state.openWriters += 1 }
            defer { state.isKernelCacheValid = true }
            return state.isKernelCacheValid
        }
        return OpenedFile(handle: handle.number, keepsKernelCache: keeps)
    }

    // MARK: Creating

    /// Makes and opens a file without waiting.
    /// - Returns: nil when the store must be asked whether the name is free.
    /// - Throws: `notPermitted` when the naming guard refuses, `exists`, `readOnly`, `nameTooLong`.
    package func createImmediately(
        _ parent: InodeNumber, _ text: String, permissions: UInt32, _ mode: OpenMode,
        _ caller: Caller
    ) throws(FileSystemError) -> (Entry, OpenedFile)? {
        let name = try nameToMake(text, in: parent, "create")
        guard try isKnownToBeFree(name, in: parent, "create") else { return nil }
        return try finishCreate(parent, name, permissions: permissions, mode, caller)
    }

    /// Makes and opens a file, asking the store whether the name is free.
    /// - Throws: as `createImmediately`, and what the store throws.
    package func create(
        _ parent: InodeNumber, _ text: String, permissions: UInt32, _ mode: OpenMode,
        _ caller: Caller
    ) async throws(FileSystemError) -> (Entry, OpenedFile) {
        let name = try nameToMake(text, in: parent, "create")
        try await requireFree(name, in: parent, "create")
        return try finishCreate(parent, name, permissions: permissions, mode, caller)
    }

    private func finishCreate(
        _ parent: InodeNumber, _ name: EntryName, permissions: UInt32, _ mode: OpenMode,
        _ caller: Caller
    ) throws(FileSystemError) -> (Entry, OpenedFile) {
        let content = try makeContent(base: nil, "create")
        let attributes = FileAttributes(
            kind: .regular, permissions: permissions & ~caller.umask, uid: caller.uid,
            gid: caller.gid, size: 0, modified: wallClock.now())
        let inode = table.makeInode(attributes: attributes, remote: nil, validUntil: .zero)
        inode.state.withLock { state in
            state.content = content
            state.changeCount = 1
            state.contentChangeCount = 1
            state.isKernelCacheValid = true
        }
        table.attach(inode, to: parent, named: name)
        table.remember(inode)
        let opened = try finishOpen(inode, mode, caller)
        return (entry(inode), opened)
    }

    /// A new staged file with its upload.
    func makeContent(
        base: BaseObject?, _ operation: String
    ) throws(FileSystemError) -> StagedContent {
        let file = try stagingCall(operation) { () throws(StagingError) in
            try staging.makeFile(base: base)
        }
        return StagedContent(
            file: file, upload: StagedUpload(file: file, store: store, queue: uploads))
    }

    // MARK: Names to be made

    /// Checks a name that a call is about to make: form, length of the key, naming guard, mount
    /// mode.
    func nameToMake(
        _ text: String, in parent: InodeNumber, isDirectory: Bool = false, _ operation: String
    ) throws(FileSystemError) -> EntryName {
        try requireWritable(operation)
        let name = try name(text, operation)
        try requireAllowed(name, in: parent, operation)
        _ = try key(name, in: parent, isDirectory: isDirectory, operation)
        return name
    }

    /// - Returns: false when the store must be asked.
    /// - Throws: `exists`.
    func isKnownToBeFree(
        _ name: EntryName, in parent: InodeNumber, _ operation: String
    ) throws(FileSystemError) -> Bool {
        do throws(FileSystemError) {
            guard try knownChild(name, in: parent) != nil else { return false }
        } catch {
            if error.code == .noEntry { return true }
            throw error
        }
        throw FileSystemError(.exists, operation)
    }

    /// - Throws: `exists` when the name is taken.
    func requireFree(
        _ name: EntryName, in parent: InodeNumber, _ operation: String
    ) async throws(FileSystemError) {
        do throws(FileSystemError) {
            _ = try await child(name, in: parent, operation)
        } catch {
            if error.code == .noEntry { return }
            throw error
        }
        throw FileSystemError(.exists, operation)
    }
}
