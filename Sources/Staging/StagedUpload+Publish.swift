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
    /// - Parameters:
    ///   - object: the key, metadata and condition to hold now. What was begun for another key is
    ///     thrown away. When the metadata changed after much was sent, the object is made with what
    ///     it was begun with and then copied onto itself in the store, with the new.
    ///   - isAcceptable: whether the metadata that an upload was begun with will do, though
    ///     `object` has other. The file system says so of a time that nobody set; `published` tells
    ///     then what the object has.
    /// - Throws: `preconditionFailed` when the condition does not hold or the base object is
    ///   another version. `localDisk`, `localDataDamaged`: the file is poisoned, or kept being
    ///   written to. `tooLarge`, and what the store throws. Nothing is then visible in the store;
    ///   publishing again goes on with the parts that are there.
    package func publish(
        _ object: NewObject,
        accepting isAcceptable: @Sendable ([String: String]) -> Bool = { _ in false }
    ) async throws(ObjectStoreError) -> StoredObject {
        guard hold() else {
            throw ObjectStoreError(
                .invalidRequest, operation: "Publish", detail: "a publishing is under way")
        }
        defer { letGo() }
        await settle()
        var last: ObjectStoreError?
        for _ in 0..<Self.maximumRounds {
            try checkIntact()
            switch try await round(object, isAcceptable) {
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
    func settle() async {
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

    private func round(
        _ object: NewObject, _ isAcceptable: @Sendable ([String: String]) -> Bool
    ) async throws(ObjectStoreError) -> Round {
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
                ? try await put(object, snapshot)
                : try await complete(object, snapshot, isAcceptable)
        } catch {
            return try await sort(error, snapshot)
        }
    }

    /// Tells what is worth another round.
    private func sort(
        _ error: ObjectStoreError, _ snapshot: StagedFile.Snapshot
    ) async throws(ObjectStoreError) -> Round {
        switch error.code {
        case .noSuchUpload, .invalidPart, .conflict:
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
        _ object: NewObject, _ snapshot: StagedFile.Snapshot,
        _ isAcceptable: @Sendable ([String: String]) -> Bool
    ) async throws(ObjectStoreError) -> Round {
        let copies = state.withLock { !$0.cannotCopy }
        let plan = try PartPlan.parts(
            of: snapshot.size, extents: snapshot.extents, limits: limits, copies: copies)
        var (upload, target) = try await upload(for: object, isAcceptable)
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
        target.condition = object.condition
        var stored = try await store.completeMultipartUpload(
            upload, as: target, parts: sent.map(\.part), size: snapshot.size, checksum: checksum)
        forgetUpload()
        if let checksum {
            try Self.check(stored.checksum, is: checksum, "CompleteMultipartUpload")
        }
        if target.userMetadata != object.userMetadata, !isAcceptable(target.userMetadata) {
            stored = try await renewMetadata(
                of: stored, to: object, size: snapshot.size)
            target = object
        }
        finish(stored, target, now)
        return .stored(stored)
    }

    /// Sends the parts that are not there as they are now.
    private func sendMissing(
        of plan: [PlannedPart], _ upload: MultipartUpload
    ) async throws(ObjectStoreError) {
        let missing = plan.filter { part in
            guard let sent = state.withLock({ $0.sent[part.number] }) else { return true }
            return sent.plan != part || !isCurrent(sent)
        }
        _ = try await inParallel(missing) { [self] (part) async throws(ObjectStoreError) in
            let sent = try await send(part, of: upload)
            state.withLock { $0.sent[part.number] = sent }
            return sent.part
        }
    }

    /// Runs `body` for each part, as many at once as the queue lets. The first error ends it.
    /// - Returns: the parts in order.
    func inParallel(
        _ plan: [PlannedPart],
        _ body: @escaping @Sendable (PlannedPart) async throws(ObjectStoreError) -> Part
    ) async throws(ObjectStoreError) -> [Part] {
        let queue = queue
        let result = await withTaskGroup(of: Result<Part, ObjectStoreError>.self) { group in
            var waiting = plan[...]
            var parts: [Part] = []
            var failure: ObjectStoreError?
            var running = 0
            while running > 0 || (failure == nil && !waiting.isEmpty) {
                while running < queue.limit, failure == nil, let part = waiting.popFirst() {
                    running += 1
                    group.addTask {
                        do throws(ObjectStoreError) {
                            return .success(
                                try await queue.withPlace { () async throws(ObjectStoreError) in
                                    try await body(part)
                                })
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                guard let result = await group.next() else { break }
                running -= 1
                switch result {
                case .success(let part):
                    parts.append(part)
                case .failure(let error):
                    if failure == nil { group.cancelAll() }
                    failure = failure ?? error
                }
            }
            if let failure { return Result<[Part], ObjectStoreError>.failure(failure) }
            return .success(parts.sorted { $0.number < $1.number })
        }
        return try result.get()
    }

    /// Whether a sent part still is what the file holds there.
    private func isCurrent(_ sent: SentPart) -> Bool {
        !file.hasChanged(in: sent.plan.range, since: sent.generation)
    }

    /// The upload under way when it can become this object; else a new one.
    private func upload(
        for object: NewObject, _ isAcceptable: @Sendable ([String: String]) -> Bool
    ) async throws(ObjectStoreError) -> (MultipartUpload, NewObject) {
        let (upload, target) = state.withLock { ($0.upload, $0.target) }
        if let upload, let target, fits(target, object, isAcceptable) { return (upload, target) }
        await dropUpload()
        let new = try await store.createMultipartUpload(object)
        state.withLock { state in
            state.upload = new
            state.target = object
        }
        return (new, object)
    }

    private func finish(
        _ stored: StoredObject, _ object: NewObject, _ snapshot: StagedFile.Snapshot
    ) {
        file.markPublished(
            generation: snapshot.generation, size: snapshot.size,
            as: BaseObject(key: object.key, eTag: stored.eTag, size: snapshot.size))
        state.withLock { $0.published = object }
    }

    private func forgetUpload() {
        state.withLock { state in
            state.upload = nil
            state.target = nil
            state.sent = [:]
            state.nextNumber = 1
        }
    }

    private func dropUpload() async {
        guard let upload = state.withLock({ $0.upload }) else { return }
        forgetUpload()
        await abort(upload)
    }

    /// Aborts an upload, with bounded effort.
    func abort(_ upload: MultipartUpload) async {
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
