internal import Logging
internal import Staging
internal import Synchronization
internal import Telemetry

extension FileSystem {
    /// Whether a close of this handle has nothing to publish and no error to tell.
    package func flushImmediately(_ number: HandleNumber, _ caller: Caller) -> Bool {
        guard let handle = handles.file(number), handle.mode.isWritable else { return true }
        return handle.inode.state.withLock { state in
            !state.isDirty && state.stickyError == nil && !state.isPublishing
        }
    }

    /// One `close(2)` of a descriptor of the handle. Publishes when the process that opened the
    /// file closes it; a descriptor that was inherited publishes at RELEASE.
    /// - Throws: whatever kept the object from being stored whole; `interrupted`; an earlier
    ///   failure.
    package func flush(
        _ number: HandleNumber, _ caller: Caller
    ) async throws(FileSystemError) {
        guard let handle = handles.file(number), handle.mode.isWritable else { return }
        let inode = handle.inode
        if inode.state.withLock({ $0.isContentDirty }), inspector.isKilled(thread: caller.pid) {
            await closeKilled(inode)
            return
        }
        let (sticky, isUntouched) = inode.state.withLock { state in
            defer { state.stickyError = nil }
            return (state.stickyError, state.remote == nil && state.changeCount == 1)
        }
        if let sticky { throw sticky }
        // The shell closes its first descriptor of a redirection before the command runs: the new
        // file is not empty for good while the process has another one.
        if isUntouched, inspector.hasDescriptor(of: inode.number, thread: caller.pid) { return }
        if let opener = handle.openerProcess,
            let closer = inspector.processID(ofThread: caller.pid), opener != closer
        {
            return
        }
        try await publish(inode, "close")
    }

    /// `fsync(2)`: publishes what is dirty.
    package func synchronize(_ number: HandleNumber) async throws(FileSystemError) {
        guard let handle = handles.file(number) else { throw FileSystemError(.badHandle, "fsync") }
        let sticky = handle.inode.state.withLock { state in
            defer { state.stickyError = nil }
            return state.stickyError
        }
        if let sticky { throw sticky }
        try await publish(handle.inode, "fsync")
    }

    /// The last descriptor of a handle is closed. Never waits: what is still dirty is published
    /// behind it, and the next open or stat and the unmount wait for that.
    package func release(_ number: HandleNumber) {
        guard let handle = handles.removeFile(number) else { return }
        handle.close()
        let inode = handle.inode
        let (isDue, idle) = inode.state.withLock { state -> (Bool, StagedContent?) in
            state.openHandles -= 1
            if handle.mode.isWritable { state.openWriters -= 1 }
            if state.openWriters == 0, state.isDirty, !state.isUnlinked {
                state.isPublicationDue = true
                return (true, nil)
            }
            let isIdle =
                state.isUnlinked ? state.openHandles == 0 : state.openWriters == 0 && !state.isDirty
            guard isIdle, !state.isPublishing else { return (false, nil) }
            defer { state.content = nil }
            return (false, state.content)
        }
        if isDue {
            publishBehind(inode)
            return
        }
        if let idle { giveUp(idle) }
        table.unpin(inode)
    }

    /// Ends an upload begun and gives up what is staged, behind the caller's back.
    func giveUp(_ content: StagedContent) {
        background.start {
            await content.upload.cancel()
            self.discard(content)
        }
    }

    /// Gives up what is staged; a file that cannot be removed is left to the next start.
    func discard(_ content: StagedContent) {
        do throws(StagingError) {
            try content.discard()
        } catch {
            let code = LogWord(error.code.rawValue)
            logger.event(.warning, "a staged file could not be removed", [.code: code])
        }
    }

    /// The writer was killed. What is done for its file is not cancelled with the dying caller.
    private func closeKilled(_ inode: Inode) async {
        switch configuration.killedWriter {
        case .quarantine:
            // The good object must not be replaced by what the writer left.
            logger.event(
                .warning, "writer was killed: its file is set aside and not published",
                [.inode: inode.number])
            await inode.gate.runUncancelled { self.setAside(inode, because: .killedWriter) }
        case .publish:
            table.pin(inode)
            publishBehind(inode)
        }
    }

    /// Publishes without anybody waiting; gives back one pin of the inode.
    private func publishBehind(_ inode: Inode) {
        inode.state.withLock { $0.isPublicationDue = true }
        background.start {
            // A waiter may have made the publication already; then nothing is due.
            do throws(FileSystemError) {
                try await self.settle(inode, "release")
            } catch {
                self.logger.event(
                    .error, "publication after the last close was given up",
                    [.inode: inode.number, .error: error])
            }
            self.table.unpin(inode)
        }
    }

    // MARK: End of the mount

    /// What an unmount still waits for, and what will not be published.
    package struct Pending: Sendable {
        package let publications: Int
        package let held: Int
    }

    package var pending: Pending {
        Pending(publications: background.running, held: held.count)
    }

    /// Returns when every publication behind a RELEASE has ended.
    package func drain() async {
        await background.wait()
    }
}
