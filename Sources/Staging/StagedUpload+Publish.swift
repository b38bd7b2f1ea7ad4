private import Checksums
private import LocalDisk
package import ObjectStorage
private import Synchronization

// How a file becomes an object.
extension StagedUpload {
    /// Times that a publishing begins anew: when the upload was lost, another writer's request came
    /// between, or the file was written meanwhile.
    private static let maximumRounds = 4
    /// Times that an upload is aborted before it is left to the store's own clean-up.
    private static let maximumAborts = 2

    /// What one round of a publishing came to.
    private enum Round {
        case stored(StoredObject)
        /// Again, with what was sent so far.
        case changed(ObjectStoreError)
        /// Again, with a new upload.
        case lost(ObjectStoreError)
    }

    /// Makes the file's content the object, whole and verified.
    ///
    /// Small files are one put. Others are completed with the parts that were sent before and did
    /// not change since. Afterwards the file's content is the object's (`isDirty` is false unless
    /// it was written meanwhile), and stays here: the file may be written and published again.
    /// - Parameter object: the key, metadata and condition to hold now. Whatever was begun for
    ///   another key or other metadata is thrown away.
    /// - Throws: `preconditionFailed` when the condition does not hold or the base object is
    ///   another version. `localDisk`, `localDataDamaged`: the file is poisoned, or kept being
    ///   written to. `tooLarge`, and what the store throws. Nothing is then visible in the store;
    ///   publishing again goes on with the parts that are there.
    package func publish(_ object: NewObject) async throws(ObjectStoreError) -> StoredObject {
        guard hold() else {
            throw ObjectStoreError(
                .invalidRequest, operation: "Publish", detail: "a publishing is under way")
        }
        defer { letGo() }
        await settle()
        var last: ObjectStoreError?
        for _ in 0..<Self.maximumRounds {
            try checkIntact()
            switch try await round(object) {
            case .stored(let stored):
                return stored
            case .changed(let error):
                last = error
            case .lost(let error):
                last = error
                await dropUpload()
            }
        }
        throw last ?? ObjectStoreError(.localDataDamaged, operation: "Publish")
    }

    /// Stops sending, and throws the begun upload away. What could not be aborted is left to the
    /// store's own clean-up of old uploads.
    package func cancel() async {
        state.withLock { $0.isHeld = true }
        let tasks = state.withLock { $0.tasks.values.map { $0 } }
        for task in tasks { task.cancel() }
        await settle()
        await dropUpload()
    }

    private func hold() -> Bool {
        state.withLock { state in
            if state.isHeld { return false }
            state.isHeld = true
            return true
        }
    }

    private func letGo() {
        state.withLock { state in
            state.isHeld = false
            state.failures = 0
        }
    }

    /// Waits for the parts in flight.
    private func settle() async {
        while let task = state.withLock({ $0.tasks.values.first }) { await task.value }
    }

    private func checkIntact() throws(ObjectStoreError) {
        if let poison = file.poisoning {
            throw ObjectStoreError(
                .localDataDamaged, operation: "Publish",
                detail: "an earlier write of this file failed", cause: poison)
        }
        if Task.isCancelled { throw ObjectStoreError(.cancelled, operation: "Publish") }
    }

    private func round(_ object: NewObject) async throws(ObjectStoreError) -> Round {
        do throws(StagingError) {
            try await file.area.executor.run { [file] () throws(StagingError) in
                try file.sealBuffers()
            }
        } catch {
            throw ObjectStoreError(error)
        }
        let snapshot = file.snapshot()
        do throws(ObjectStoreError) {
            let isSmall = snapshot.size < limits.smallestMultipart
            return isSmall
                ? try await put(object, snapshot) : try await complete(object, snapshot)
        } catch {
            return try await sort(error, snapshot)
        }
    }

    /// Tells what is worth another round.
    private func sort(
        _ error: ObjectStoreError, _ snapshot: StagedFile.Snapshot
    ) async throws(ObjectStoreError) -> Round {
        switch error.code {
        case .noSuchUpload, .conflict:
            return .lost(error)
        case .unsupported where error.operation == Self.copyOperation:
            state.withLock { $0.cannotCopy = true }
            return .changed(error)
        case .localDataDamaged, .localDisk:
            guard file.poisoning == nil, file.generation != snapshot.generation else { throw error }
            return .changed(error)
        case .preconditionFailed, .encryptionNotConfirmed, .checksumMismatch:
            await dropUpload()
            throw error
        default:
            throw error
        }
    }

    private func put(
        _ object: NewObject, _ snapshot: StagedFile.Snapshot
    ) async throws(ObjectStoreError) -> Round {
        await dropUpload()
        let range = ByteRange(offset: 0, count: snapshot.size)
        try await file.fetchBase(for: range, from: store)
        let checksum = try checksum(of: range, snapshot.generation)
        let body = StagedSource(file: file, range: range, generation: snapshot.generation)
        let stored = try await queue.withPlace { () async throws(ObjectStoreError) in
            try await store.put(object, body: body, checksum: checksum)
        }
        try Self.check(stored.checksum, is: checksum, "PutObject")
        finish(stored, object, snapshot)
        return .stored(stored)
    }

    private func complete(
        _ object: NewObject, _ snapshot: StagedFile.Snapshot
    ) async throws(ObjectStoreError) -> Round {
        let copies = state.withLock { !$0.cannotCopy }
        let plan = try PartPlan.parts(
            of: snapshot.size, extents: snapshot.extents, limits: limits, copies: copies)
        let upload = try await upload(for: object)
        try await sendMissing(of: plan, upload)
        // All parts must be of one moment: this one.
        let now = file.snapshot()
        let sent = state.withLock { state in plan.compactMap { state.sent[$0.number] } }
        guard now.size == snapshot.size, sent.count == plan.count,
            sent.allSatisfy({ isCurrent($0) }), file.generation == now.generation
        else {
            return .changed(
                ObjectStoreError(
                    .localDataDamaged, operation: "Publish",
                    detail: "the file was written while it was sent"))
        }
        try checkIntact()
        let checksum = Self.combined(sent)
        let stored = try await store.completeMultipartUpload(
            upload, as: object, parts: sent.map(\.part), size: snapshot.size, checksum: checksum)
        forgetUpload()
        if let checksum { try Self.check(stored.checksum, is: checksum, "CompleteMultipartUpload") }
        finish(stored, object, now)
        return .stored(stored)
    }

    /// Sends the parts that are not there as they are now, as many at once as the queue lets.
    private func sendMissing(
        of plan: [PlannedPart], _ upload: MultipartUpload
    ) async throws(ObjectStoreError) {
        var missing = plan.filter { part in
            guard let sent = state.withLock({ $0.sent[part.number] }) else { return true }
            return sent.plan != part || !isCurrent(sent)
        }[...]
        let failure = await withTaskGroup(of: ObjectStoreError?.self) { group in
            var failure: ObjectStoreError?
            var running = 0
            while running > 0 || (failure == nil && !missing.isEmpty) {
                while running < queue.limit, failure == nil, let part = missing.popFirst() {
                    group.addTask { await self.sendKept(part, upload) }
                    running += 1
                }
                let result = await group.next() ?? nil
                running -= 1
                if let result, failure == nil {
                    failure = result
                    group.cancelAll()
                }
            }
            return failure
        }
        if let failure { throw failure }
    }

    private func sendKept(_ plan: PlannedPart, _ upload: MultipartUpload) async -> ObjectStoreError?
    {
        do throws(ObjectStoreError) {
            let sent = try await queue.withPlace { () async throws(ObjectStoreError) in
                try await send(plan, of: upload)
            }
            state.withLock { $0.sent[plan.number] = sent }
            return nil
        } catch {
            return error
        }
    }

    /// Whether a sent part still is what the file holds there.
    private func isCurrent(_ sent: SentPart) -> Bool {
        !file.hasChanged(in: sent.plan.range, since: sent.generation)
    }

    /// The upload under way when it was made for this object; else a new one.
    private func upload(for object: NewObject) async throws(ObjectStoreError) -> MultipartUpload {
        let (upload, target) = state.withLock { ($0.upload, $0.target) }
        if let upload, let target, target.key == object.key,
            target.userMetadata == object.userMetadata, target.contentType == object.contentType
        {
            return upload
        }
        await dropUpload()
        let new = try await store.createMultipartUpload(object)
        state.withLock { state in
            state.upload = new
            state.target = object
        }
        return new
    }

    private func finish(
        _ stored: StoredObject, _ object: NewObject, _ snapshot: StagedFile.Snapshot
    ) {
        file.markPublished(
            generation: snapshot.generation, size: snapshot.size,
            as: BaseObject(key: object.key, eTag: stored.eTag, size: snapshot.size))
    }

    private func forgetUpload() {
        state.withLock { state in
            state.upload = nil
            state.target = nil
            state.sent = [:]
            state.nextNumber = 1
        }
    }

    /// Aborts the upload under way, with bounded effort.
    private func dropUpload() async {
        guard let upload = state.withLock({ $0.upload }) else { return }
        forgetUpload()
        // A task of its own: the caller may be cancelled, and the parts cost money until then.
        let store = store
        let abort = Task {
            for _ in 0..<Self.maximumAborts {
                do throws(ObjectStoreError) {
                    return try await store.abortMultipartUpload(upload)
                } catch {
                    continue
                }
            }
        }
        await abort.value
    }

    /// The whole object's checksum; nil when the store did not tell that of a copied part.
    private static func combined(_ sent: [SentPart]) -> Checksum? {
        var total = CRC64NVME().value
        for part in sent {
            guard let checksum = part.checksum else { return nil }
            total = CRC64NVME.combine(total, checksum, secondLength: part.plan.range.count)
        }
        return Checksum(algorithm: .crc64NVME, value: total)
    }
}
