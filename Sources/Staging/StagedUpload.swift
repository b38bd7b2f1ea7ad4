package import ObjectStorage
internal import Synchronization

/// Brings a staged file into the store: while it is written, as far as whole parts are there, and
/// for good when it is published.
///
/// One value belongs to one staged file for as long as that is open. `noteWritten` may be called
/// from any thread; publishing and cancelling from one task at a time.
package final class StagedUpload: Sendable {
    /// Background parts that may fail before sending waits for the publishing, which reports.
    private static let maximumBackgroundFailures = 3

    /// The operation of an error that means "copies no ranges".
    static let copyOperation = "UploadPartCopy"

    let file: StagedFile
    let store: any ObjectStore
    let queue: UploadQueue
    let limits: UploadLimits
    let ladder: PartLadder
    let state = Mutex(State())

    /// A part that the store has.
    struct SentPart {
        var plan: PlannedPart
        var part: Part
        /// The file's generation when its bytes were read.
        var generation: UInt64
        /// Of its bytes, when they were read here or the store told it.
        var checksum: UInt64?
    }

    struct State {
        /// The upload under way, and the object that it was made for.
        var upload: MultipartUpload?
        var target: NewObject?
        var sent: [PartNumber: SentPart] = [:]
        /// The next part that is sent before the publishing.
        var nextNumber = 1
        var tasks: [Int: Task<Void, Never>] = [:]
        var isCreating = false
        var failures = 0
        /// Whether a publishing or cancelling has the upload.
        var isHeld = false
        var published: NewObject?
        /// Whether the store refused to copy ranges.
        var cannotCopy = false
    }

    /// - Parameters:
    ///   - queue: shared by all uploads of the mount.
    ///   - limits: the store's; smaller parts for tests.
    package init(
        file: StagedFile, store: any ObjectStore, queue: UploadQueue, limits: UploadLimits? = nil
    ) {
        self.file = file
        self.store = store
        self.queue = queue
        self.limits = limits ?? UploadLimits(store.capabilities)
        ladder = PartLadder(self.limits)
    }

    /// The object as it was published last, with the metadata that it has in the store.
    package var published: NewObject? { state.withLock { $0.published } }

    /// Tells that the file was written; starts to send parts that are full by now.
    ///
    /// Costs three short locks and never waits. A new file is sent so from its second full part on,
    /// as far as it is written without a gap.
    /// - Parameter target: the object that the file is to become; read only when parts are sent.
    package func noteWritten(target: @autoclosure () -> NewObject) {
        guard file.base == nil, file.poisoning == nil else { return }
        let prefix = file.sealedPrefix
        guard prefix >= limits.smallestMultipart, wantsParts(prefix) else { return }
        let object = target()
        state.withLock { state in
            guard !state.isHeld, state.failures < Self.maximumBackgroundFailures else { return }
            if state.upload != nil {
                startParts(upTo: prefix, &state)
            } else if !state.isCreating {
                state.isCreating = true
                state.tasks[0] = Task { await self.createInBackground(object) }
            }
        }
    }

    /// Whether a part is full that nobody sends yet, and may be sent now.
    private func wantsParts(_ prefix: UInt64) -> Bool {
        state.withLock { state in
            guard !state.isHeld, !state.isCreating, state.tasks.count < queue.limit,
                let next = ladder.range(of: state.nextNumber)
            else { return false }
            return next.end <= prefix
        }
    }

    private func createInBackground(_ object: NewObject) async {
        var upload: MultipartUpload?
        do throws(ObjectStoreError) {
            upload = try await store.createMultipartUpload(object)
        } catch {
            // The publishing tries again, and reports.
            upload = nil
        }
        let prefix = file.sealedPrefix
        state.withLock { state in
            state.isCreating = false
            state.tasks[0] = nil
            guard let upload else {
                state.failures += 1
                return
            }
            state.upload = upload
            state.target = object
            if !state.isHeld { startParts(upTo: prefix, &state) }
        }
    }

    /// Starts as many parts as may run for one file. Called with the state's lock.
    private func startParts(upTo prefix: UInt64, _ state: inout State) {
        guard let upload = state.upload else { return }
        while state.tasks.count < queue.limit,
            let range = ladder.range(of: state.nextNumber), range.end <= prefix,
            let number = PartNumber(state.nextNumber)
        {
            let plan = PlannedPart(number: number, range: range, kind: .send)
            state.tasks[number.rawValue] = Task { await self.sendInBackground(plan, upload) }
            state.nextNumber += 1
        }
    }

    private func sendInBackground(_ plan: PlannedPart, _ upload: MultipartUpload) async {
        var sent: SentPart?
        do throws(ObjectStoreError) {
            sent = try await queue.withPlace { () async throws(ObjectStoreError) in
                try await send(plan, of: upload)
            }
        } catch {
            // The part stays unsent: the publishing sends it, and reports what fails then.
            sent = nil
        }
        let prefix = file.sealedPrefix
        state.withLock { state in
            state.tasks[plan.number.rawValue] = nil
            if let sent, state.upload == upload {
                state.sent[plan.number] = sent
            } else {
                state.failures += 1
            }
            if !state.isHeld, state.failures < Self.maximumBackgroundFailures {
                startParts(upTo: prefix, &state)
            }
        }
    }

    /// Sends or copies one part.
    func send(
        _ plan: PlannedPart, of upload: MultipartUpload
    ) async throws(ObjectStoreError) -> SentPart {
        if plan.kind == .copy { return try await copy(plan, of: upload) }
        try await file.fetchBase(for: plan.range, from: store)
        let generation = file.generation
        let checksum = try checksum(of: plan.range, generation)
        let part = try await store.uploadPart(
            plan.number, of: upload,
            body: StagedSource(file: file, range: plan.range, generation: generation),
            checksum: checksum)
        try Self.check(part.checksum, is: checksum, "UploadPart")
        return SentPart(
            plan: plan, part: part, generation: generation, checksum: checksum.value)
    }

    private func copy(
        _ plan: PlannedPart, of upload: MultipartUpload
    ) async throws(ObjectStoreError) -> SentPart {
        guard let base = file.base else {
            throw ObjectStoreError(.invalidRequest, operation: "UploadPartCopy")
        }
        let generation = file.generation
        do throws(ObjectStoreError) {
            let part = try await store.uploadPartCopy(
                plan.number, of: upload, source: base.key, sourceETag: base.eTag,
                range: plan.range)
            let checksum = part.checksum?.algorithm == .crc64NVME ? part.checksum?.value : nil
            return SentPart(
                plan: plan, part: part, generation: generation, checksum: checksum)
        } catch  where error.code == .unsupported {
            // Told apart from a refusal of something else, so that the plan is made without copies.
            throw ObjectStoreError(.unsupported, operation: Self.copyOperation, cause: error)
        } catch {
            throw error.asLostBase
        }
    }

    func checksum(
        of range: ByteRange, _ generation: UInt64
    ) throws(ObjectStoreError) -> Checksum {
        do throws(StagingError) {
            return try file.checksum(of: range, unchangedSince: generation)
        } catch {
            throw ObjectStoreError(error)
        }
    }

    /// - Throws: `checksumMismatch` when the store confirms another checksum than ours.
    static func check(
        _ confirmed: Checksum?, is own: Checksum, _ operation: String
    ) throws(ObjectStoreError) {
        guard let confirmed, confirmed.algorithm == own.algorithm else { return }
        guard confirmed.value == own.value else {
            throw ObjectStoreError(
                .checksumMismatch, operation: operation,
                detail: "the store confirmed another checksum")
        }
    }
}
