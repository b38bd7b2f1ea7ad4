import DirectoryStore
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import Testing

@Suite("DirectoryStore and crashes", .timeLimit(.minutes(3)))
struct DirectoryStoreCrashTests {
    /// What is done to an object "k" while the process dies.
    enum Act: String, CaseIterable, Sendable {
        case putSmall
        case putLarge
        case copy
        case multipart
        case delete
    }

    private static let old = bytes(150_000, seed: 1)
    private static let other = bytes(90_000, seed: 2)

    private func perform(_ act: Act, on store: DirectoryStore) async throws {
        let target = NewObject(key: ObjectKey("k"))
        switch act {
        case .putSmall: try await store.put("k", [7])
        case .putLarge: try await store.put("k", Self.other)
        case .delete: try await store.delete(ObjectKey("k"), ifMatch: nil)
        case .copy:
            _ = try await store.copy(
                CopyRequest(
                    source: ObjectKey("other"), sourceETag: nil, target: target,
                    replacesMetadata: true))
        case .multipart:
            guard let one = PartNumber(1), let two = PartNumber(2) else { return }
            let upload = try await store.createMultipartUpload(target)
            let parts = [
                try await store.uploadPart(
                    one, of: upload, body: MemorySource(Self.other), checksum: nil),
                try await store.uploadPart(
                    two, of: upload, body: MemorySource([7]), checksum: nil),
            ]
            _ = try await store.completeMultipartUpload(
                upload, as: target, parts: parts, size: UInt64(Self.other.count + 1),
                checksum: nil)
        }
    }

    private func isNew(_ outcome: Result<[UInt8], StoreFailure>, _ act: Act) -> Bool {
        switch act {
        case .putSmall: outcome == .success([7])
        case .putLarge, .copy: outcome == .success(Self.other)
        case .multipart: outcome == .success(Self.other + [7])
        case .delete: outcome == .failure(StoreFailure(code: .noSuchKey))
        }
    }

    @Test(
        "a crash at any disk call leaves the old object or the new one whole",
        arguments: Act.allCases, [false, true])
    func crashAtEachCall(act: Act, dies: Bool) async throws {
        for call in 0..<200 {
            let fixture = try DirectoryStoreFixture()
            let disk = FaultyDisk()
            let failed = try await {
                let store = try await fixture.open(disk: disk)
                try await store.put("k", Self.old)
                try await store.put("other", Self.other)
                // EIO: for this one call, or for all from it on, as when the process is killed.
                disk.inject(.init(nil, after: call, errno: 5, stays: dies, tears: true))
                do {
                    try await perform(act, on: store)
                } catch is ObjectStoreError {
                    return true
                }
                return false
            }()
            let isDone = !disk.hasFailed(after: call)
            disk.inject(nil)

            let store = try await fixture.open()
            let outcome = try await store.outcome("k")

            let changed = isNew(outcome, act)
            #expect(changed || outcome == .success(Self.old), "call \(call)")
            #expect(failed || changed, "acknowledged, but not there; call \(call)")
            #expect(try await store.bytes("other") == Self.other, "call \(call)")
            #expect(store.damagedCount == 0)
            try await expectNoLeftovers(store, fixture, call)
            if isDone { return }
        }
        Issue.record("200 calls did not suffice")
    }

    /// After a restart only what the objects and uploads need is on the disk.
    private func expectNoLeftovers(
        _ store: DirectoryStore, _ fixture: DirectoryStoreFixture, _ call: Int
    ) async throws {
        for (upload, _) in try await store.listMultipartUploads(prefix: ObjectKey(""), limit: 9) {
            try await store.abortMultipartUpload(upload)
        }
        for name in ["k", "other"] { try await store.delete(ObjectKey(name), ifMatch: nil) }
        let left = try fixture.contents().map(\.path).filter { $0.contains("/") }
        #expect(left == [], "call \(call)")
    }
}

extension FaultyDisk {
    /// Whether the call number `call` since the last injection came.
    fileprivate func hasFailed(after call: Int) -> Bool { matchingCount > call }
}
