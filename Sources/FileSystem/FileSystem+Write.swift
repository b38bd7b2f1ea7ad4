internal import ObjectStorage
internal import ReadCache
internal import Staging
internal import Synchronization

extension FileSystem {
    /// Uploads of a file being written are thought of when it grows past a multiple of this.
    private static let noticeInterval: UInt64 = 8 << 20

    /// Writes without waiting.
    /// - Returns: false when the file is being published, has no staged copy yet, or bytes of the
    ///   store's version are needed first.
    package func writeImmediately(
        _ number: HandleNumber, at offset: UInt64, _ bytes: Span<UInt8>
    ) throws(FileSystemError) -> Bool {
        let handle = try writableHandle(number)
        let content: StagedContent? = handle.inode.state.withLock { state in
            guard !state.isPublishing, state.lostContents == handle.lostContents,
                let content = state.content
            else { return nil }
            state.writesUnderWay += 1
            return content
        }
        guard let content else { return false }
        defer { endWrite(handle.inode) }
        let range = ByteRange(offset: offset, count: UInt64(bytes.count))
        guard content.file.missingRanges(forWrite: range).isEmpty else { return false }
        try write(bytes, at: offset, to: content, of: handle.inode)
        return true
    }

    /// Writes, waiting for a publication under way and for the store's bytes where needed.
    /// - Throws: `noSpace` when the staging quota is full, `inputOutput`, `stale`, `tooLarge`.
    package func write(
        _ number: HandleNumber, at offset: UInt64, _ bytes: [UInt8]
    ) async throws(FileSystemError) {
        let handle = try writableHandle(number)
        let inode = handle.inode
        try await inode.gate.run("write") { () async throws(FileSystemError) in
            guard inode.state.withLock({ $0.lostContents == handle.lostContents }) else {
                throw FileSystemError(.inputOutput, "write")
            }
            let content = try await self.contentToWrite(inode, "write")
            let range = ByteRange(offset: offset, count: UInt64(bytes.count))
            try await self.fill(content.file.missingRanges(forWrite: range), of: content)
            try self.write(bytes.span, at: offset, to: content, of: inode)
        }
    }

    private func writableHandle(_ number: HandleNumber) throws(FileSystemError) -> FileHandle {
        guard let handle = handles.file(number), handle.mode.isWritable else {
            throw FileSystemError(.badHandle, "write")
        }
        return handle
    }

    private func endWrite(_ inode: Inode) {
        let waiter = inode.state.withLock { state in
            state.writesUnderWay -= 1
            guard state.writesUnderWay == 0 else { return CheckedContinuation<Void, Never>?.none }
            defer { state.quiescence = nil }
            return state.quiescence
        }
        waiter?.resume()
    }

    private func write(
        _ bytes: Span<UInt8>, at offset: UInt64, to content: StagedContent, of inode: Inode
    ) throws(FileSystemError) {
        let (end, overflows) = offset.addingReportingOverflow(UInt64(bytes.count))
        guard !overflows, end <= store.capabilities.maximumObjectSize else {
            throw FileSystemError(.tooLarge, "write")
        }
        let now = wallClock.now()
        do throws(StagingError) {
            try content.file.write(bytes, at: offset)
        } catch {
            // The file has seen a failed write: it must not be published as if it were whole.
            content.file.poison(error)
            noteChange(of: inode, now: now) { _ in }
            throw FileSystemError(error, operation: "write")
        }
        var before: UInt64 = 0
        noteChange(of: inode, now: now) { attributes in
            before = attributes.size
            attributes.size = max(attributes.size, end)
        }
        if end / Self.noticeInterval > before / Self.noticeInterval,
            let key = key(of: inode.number)
        {
            content.upload.noteWritten(target: publicationTarget(of: inode, key: key))
        }
    }

    /// Counts a change of content, with its effect on the attributes.
    func noteChange(
        of inode: Inode, now: Timestamp, _ change: (inout FileAttributes) -> Void
    ) {
        inode.state.withLock { state in
            state.changeCount += 1
            state.contentChangeCount += 1
            state.isTimeSet = false
            change(&state.attributes)
            state.attributes.modified = now
            state.attributes.changed = now
        }
    }

    /// The staged copy of a file, made when this is the first change since it was opened.
    /// Call under the inode's gate.
    func contentToWrite(
        _ inode: Inode, _ operation: String
    ) async throws(FileSystemError) -> StagedContent {
        let (content, remote, isUnlinked) = inode.state.withLock { state in
            (state.content, state.remote, state.isUnlinked)
        }
        if let content { return content }
        guard let remote, !isUnlinked, let key = key(of: inode.number) else {
            // A publication failed and took the content with it, or the object is gone.
            throw FileSystemError(.stale, operation)
        }
        let base = BaseObject(key: key, eTag: remote.eTag, size: remote.size)
        let made = try makeContent(base: base, operation)
        inode.state.withLock { $0.content = made }
        return made
    }

    /// Brings the store's bytes into the staged copy where a partial write needs them.
    func fill(
        _ ranges: [ByteRange], of content: StagedContent
    ) async throws(FileSystemError) {
        for range in ranges {
            let bytes = try await storing("write") { () async throws(ObjectStoreError) in
                try await content.readBase(range, through: cache)
            }
            try stagingCall("write") { () throws(StagingError) in
                try content.file.fill(bytes.span, at: range.offset)
            }
        }
    }

    /// Changes a file's size in the staged copy. Call under the inode's gate.
    func truncateHoldingGate(
        _ inode: Inode, to size: UInt64, _ operation: String
    ) async throws(FileSystemError) {
        guard size <= store.capabilities.maximumObjectSize else {
            throw FileSystemError(.tooLarge, operation)
        }
        let existing = inode.state.withLock { $0.content }
        let content: StagedContent
        if let existing {
            content = existing
        } else if size == 0 {
            // Nothing of the store's version is needed.
            content = try makeContent(base: nil, operation)
            inode.state.withLock { $0.content = content }
        } else {
            content = try await contentToWrite(inode, operation)
        }
        // The block that the new end falls into is needed whole.
        let boundary = ByteRange(offset: size > 0 ? size - 1 : 0, count: size > 0 ? 1 : 0)
        try await fill(content.file.missingRanges(forWrite: boundary), of: content)
        do throws(StagingError) {
            try content.file.truncate(to: size)
        } catch {
            content.file.poison(error)
            throw FileSystemError(error, operation: operation)
        }
        noteChange(of: inode, now: wallClock.now()) { $0.size = size }
    }
}
