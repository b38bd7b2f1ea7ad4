internal import Logging
internal import ObjectStorage
internal import ReadCache
internal import Staging
internal import Synchronization
internal import Telemetry

extension FileSystem {
    /// The object that a file is to become now.
    func publicationTarget(of inode: Inode, key: ObjectKey) -> NewObject {
        inode.state.withLock { target(key: key, state: $0) }
    }

    private func target(key: ObjectKey, state: InodeState) -> NewObject {
        var metadata = state.remote?.userMetadata ?? [:]
        metadata.merge(POSIXMetadata.encode(state.attributes)) { _, new in new }
        let condition: WriteCondition
        if !store.capabilities.conditionalWrites {
            condition = .none
        } else if let version = state.remote?.eTag ?? state.replaces {
            condition = .ifMatch(version)
        } else {
            condition = .ifAbsent
        }
        return NewObject(
            key: key, userMetadata: metadata, contentType: state.remote?.contentType,
            condition: condition)
    }

    /// Publishes what is dirty. Returns when the store has acknowledged all of it.
    func publish(_ inode: Inode, _ operation: String) async throws(FileSystemError) {
        try await inode.gate.run(operation) { () async throws(FileSystemError) in
            try await self.publishHoldingGate(inode, operation)
        }
    }

    /// Waits for a publication under way and makes one that is due.
    func settle(_ inode: Inode, _ operation: String) async throws(FileSystemError) {
        guard inode.state.withLock({ !$0.isSettled }) else { return }
        try await inode.gate.run(operation) { () async throws(FileSystemError) in
            guard inode.state.withLock({ $0.isPublicationDue }) else { return }
            await self.publishDue(inode)
        }
    }

    /// Makes a publication that a RELEASE left behind; an error sticks to the file.
    /// Call under the inode's gate.
    func publishDue(_ inode: Inode) async {
        do throws(FileSystemError) {
            try await publishHoldingGate(inode, "release")
        } catch {
            logger.event(
                .error, "publication after the last close failed; the data is held",
                [.inode: inode.number, .error: error])
            inode.state.withLock { $0.stickyError = error }
        }
        inode.state.withLock { $0.isPublicationDue = false }
    }

    /// Call under the inode's gate.
    func publishHoldingGate(_ inode: Inode, _ operation: String) async throws(FileSystemError) {
        try await namespace.runShared(operation) { () async throws(FileSystemError) in
            try await self.publishUnderItsName(inode, operation)
        }
    }

    private func publishUnderItsName(
        _ inode: Inode, _ operation: String
    ) async throws(FileSystemError) {
        guard let key = key(of: inode.number) else { return }
        let start = inode.state.withLock { state -> (NewObject, StagedContent?, Bool)? in
            guard state.isDirty, !state.isUnlinked else { return nil }
            state.isPublishing = true
            let isCopyEnough = !state.isContentDirty && state.remote != nil
            return (target(key: key, state: state), state.content, isCopyEnough)
        }
        guard let (_, content, isCopyEnough) = start else { return }
        await quiesce(inode)
        // A write that ended meanwhile counts: taken again now that nothing writes.
        var (object, counts, size, isTimeSet) = inode.state.withLock { state in
            (
                target(key: key, state: state), (state.changeCount, state.contentChangeCount),
                state.attributes.size, state.isTimeSet
            )
        }
        do throws(FileSystemError) {
            let stored: StoredObject
            if isCopyEnough {
                stored = try await copyMetadata(of: inode, onto: object, operation)
            } else if let content {
                (stored, object) = try await upload(
                    content, as: object, isTimeSet: isTimeSet, operation)
            } else {
                throw FileSystemError(.inputOutput, operation)
            }
            notePublished(inode, as: object, stored: stored, counts: counts, size: size)
        } catch {
            noteFailure(inode, error)
            throw error
        }
    }

    /// Brings the content into the store.
    /// - Returns: also the object with the metadata that it has now. An upload that began while the
    ///   file was written keeps the time of its beginning, unless someone set another: a new time
    ///   would cost another version of the object.
    private func upload(
        _ content: StagedContent, as object: NewObject, isTimeSet: Bool, _ operation: String
    ) async throws(FileSystemError) -> (StoredObject, NewObject) {
        let wanted = POSIXMetadata.withoutTime(object.userMetadata)
        let stored = try await storing(operation) { () async throws(ObjectStoreError) in
            try await content.upload.publish(object) { metadata in
                !isTimeSet && POSIXMetadata.withoutTime(metadata) == wanted
            }
        }
        return (stored, content.upload.published ?? object)
    }

    /// Returns when no write is under way; new ones wait while `isPublishing`.
    private func quiesce(_ inode: Inode) async {
        await withCheckedContinuation { continuation in
            let isQuiet = inode.state.withLock { state in
                if state.writesUnderWay == 0 { return true }
                state.quiescence = continuation
                return false
            }
            if isQuiet { continuation.resume() }
        }
    }

    private func notePublished(
        _ inode: Inode, as object: NewObject, stored: StoredObject, counts: (UInt64, UInt64),
        size: UInt64
    ) {
        let now = wallClock.now()
        let until = clock.now() + configuration.attributeTTL
        let idle = inode.state.withLock { state -> StagedContent? in
            state.remote = RemoteVersion(
                eTag: stored.eTag, size: size, lastModified: stored.lastModified ?? now,
                userMetadata: object.userMetadata, contentType: object.contentType,
                storageClass: "STANDARD")
            POSIXMetadata.decode(object.userMetadata, into: &state.attributes)
            (state.publishedCount, state.publishedContentCount) = counts
            state.replaces = nil
            state.readerGeneration += 1
            state.isPublishing = false
            state.validUntil = until
            guard state.openWriters == 0, !state.isDirty else { return nil }
            defer { state.content = nil }
            return state.content
        }
        if let idle { discard(idle) }
        if let place = table.place(of: inode.number) {
            let attributes = ObjectAttributes(
                size: size, eTag: stored.eTag, lastModified: stored.lastModified ?? now,
                userMetadata: object.userMetadata, contentType: object.contentType)
            table.noteEntry(.object(attributes), named: place.name, in: place.parent, isOwn: true)
        }
    }

    /// What is staged is set aside, never to be published behind the caller's back; the file is
    /// again what the store has.
    private func noteFailure(_ inode: Inode, _ error: FileSystemError) {
        let reason: HeldFiles.Reason =
            switch error.code {
            case .stale: .conflict
            case .interrupted: .killedWriter
            default: .publicationFailed
            }
        setAside(inode, because: reason)
    }

    func setAside(_ inode: Inode, because reason: HeldFiles.Reason) {
        let now = wallClock.now()
        let (content, isGone) = inode.state.withLock { state in
            let content = state.content
            state.content = nil
            state.lostContents += 1
            state.isPublishing = false
            state.publishedCount = state.changeCount
            state.publishedContentCount = state.contentChangeCount
            state.isKernelCacheValid = false
            state.validUntil = .zero
            state.replaces = nil
            if let remote = state.remote {
                state.attributes.size = remote.size
                state.attributes.modified = remote.lastModified
                state.attributes.changed = now
                POSIXMetadata.decode(remote.userMetadata ?? [:], into: &state.attributes)
                return (content, false)
            }
            state.isUnlinked = true
            return (content, true)
        }
        if let content {
            held.hold(content, because: reason)
            background.start { await content.upload.cancel() }
        }
        if isGone { table.detach(inode) }
    }

    /// Stores a file's attributes by a server-side copy of the object onto itself.
    private func copyMetadata(
        of inode: Inode, onto object: NewObject, _ operation: String
    ) async throws(FileSystemError) -> StoredObject {
        guard let remote = inode.state.withLock({ $0.remote }) else {
            throw FileSystemError(.stale, operation)
        }
        let request = CopyRequest(
            source: object.key, sourceETag: remote.eTag, target: object, replacesMetadata: true)
        return try await storing(operation) { () async throws(ObjectStoreError) in
            try await store.copyAnySize(request, size: remote.size)
        }
    }
}
