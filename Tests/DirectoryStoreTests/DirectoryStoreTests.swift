import Checksums
import DirectoryStore
import Encryption
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import ObjectStoreTestSupport
import Testing

@Suite("DirectoryStore", .timeLimit(.minutes(1)))
struct DirectoryStoreTests {
    /// In its own file, one block, some blocks and a rest, more than one disk call.
    static let sizes = [0, 5, 65_536, 65_537, 200_000, 1_100_000]

    @Test("objects, metadata, ETags and dates are there after a restart", arguments: sizes)
    func restart(size: Int) async throws {
        let fixture = try DirectoryStoreFixture()
        let key = ObjectKey("a/b")
        let before = try await {
            let store = try await fixture.open()
            try await store.put("a/b", bytes(size))
            return try await store.head(key)
        }()

        let store = try await fixture.open()

        #expect(try await store.head(key) == before)
        #expect(try await store.bytes("a/b") == bytes(size))
        #expect(before.userMetadata == ["m": "a/b"])
        #expect(store.objectCount == 1)
        #expect(store.damagedCount == 0)
    }

    @Test("an upload goes on after a restart")
    func uploadOverRestart() async throws {
        let fixture = try DirectoryStoreFixture()
        let first = bytes(100_000, seed: 1)
        let second = bytes(70_000, seed: 2)
        let one = try #require(PartNumber(1))
        let two = try #require(PartNumber(2))
        let object = NewObject(key: ObjectKey("k"), userMetadata: ["a": "b"])
        let (upload, part) = try await {
            let store = try await fixture.open()
            let upload = try await store.createMultipartUpload(object)
            return (
                upload,
                try await store.uploadPart(
                    one, of: upload, body: MemorySource(first), checksum: nil)
            )
        }()

        let store = try await fixture.open()
        #expect(try await store.listParts(upload) == [part])
        let last = try await store.uploadPart(
            two, of: upload, body: MemorySource(second), checksum: nil)
        let whole = first + second
        let stored = try await store.completeMultipartUpload(
            upload, as: object, parts: [part, last], size: UInt64(whole.count),
            checksum: Checksum(of: whole.span, algorithm: .crc32C))

        #expect(try await store.bytes("k") == whole)
        #expect(stored.checksum == Checksum(of: whole.span, algorithm: .crc32C))
        #expect(try fixture.count(below: "uploads/") == 0)
        #expect(try fixture.count(below: "data/") == 2)
    }

    @Test("a completed upload with a wrong checksum is refused and stays")
    func wrongChecksumAtCompletion() async throws {
        let fixture = try DirectoryStoreFixture()
        let store = try await fixture.open()
        let one = try #require(PartNumber(1))
        let object = NewObject(key: ObjectKey("k"))
        let upload = try await store.createMultipartUpload(object)
        let part = try await store.uploadPart(
            one, of: upload, body: MemorySource([1, 2]), checksum: nil)

        await #expect {
            try await store.completeMultipartUpload(
                upload, as: object, parts: [part], size: 2,
                checksum: Checksum(algorithm: .crc64NVME, value: 3))
        } throws: { ($0 as? ObjectStoreError)?.code == .checksumMismatch }

        #expect(try await store.listParts(upload) == [part])
    }

    @Test("neither content nor key nor metadata rests on the disk in the clear", arguments: sizes)
    func nothingInTheClear(size: Int) async throws {
        let fixture = try DirectoryStoreFixture()
        let store = try await fixture.open()
        let marker = Array("MARKER-of-a-patient".utf8)
        let content = (0..<max(1, size / marker.count)).flatMap { _ in marker }

        try await store.put("MARKER-of-a-patient/scan", content)
        _ = try await store.createMultipartUpload(
            NewObject(
                key: ObjectKey("MARKER-of-a-patient"), userMetadata: ["MARKER-of-a-patient": ""]))

        let needle = Array("MARKER-of".utf8)
        for (path, bytes) in try fixture.contents() {
            #expect(!path.contains("MARKER"))
            #expect(!bytes.contains(needle), "in \(path)")
        }
    }

    @Test("another key does not open the store, and changes nothing")
    func wrongKey() async throws {
        let fixture = try DirectoryStoreFixture()
        try await fixture.open().put("k", [1])
        let before = try fixture.contents().map(\.bytes)

        await #expect {
            _ = try await fixture.open(key: try MasterKey.ephemeral())
        } throws: { ($0 as? ObjectStoreError)?.code == .credentialsRejected }

        #expect(try fixture.contents().map(\.bytes) == before)
        #expect(try await fixture.open().bytes("k") == [1])
    }

    @Test("a second opener is refused while the first has the store")
    func oneProcess() async throws {
        let fixture = try DirectoryStoreFixture()
        let store = try await fixture.open()

        await #expect {
            _ = try await DirectoryStore.open(
                root: try fixture.directory.open(), disk: POSIXDisk(),
                masterKey: fixture.masterKey, clock: fixture.clock)
        } throws: { ($0 as? ObjectStoreError)?.code == .conflict }

        try await store.verifyAccess()
    }

    @Test("a directory with other files is not taken for a store")
    func foreignDirectory() async throws {
        let fixture = try DirectoryStoreFixture()
        _ = try POSIXDisk().openFile(
            "letter.txt", in: try fixture.directory.open(), .createExclusively)

        await #expect {
            _ = try await fixture.open()
        } throws: { ($0 as? ObjectStoreError)?.code == .invalidRequest }
    }

    @Test("a store whose header is gone is not made anew over its objects")
    func lostHeader() async throws {
        let fixture = try DirectoryStoreFixture()
        try await fixture.open().put("k", [1])
        try POSIXDisk().unlink("store", in: try fixture.directory.open())

        await #expect {
            _ = try await fixture.open()
        } throws: { ($0 as? ObjectStoreError)?.code == .malformedResponse }
    }

    @Test("copies share data files, which go with the last object that needs them")
    func sharedData() async throws {
        let fixture = try DirectoryStoreFixture()
        let store = try await fixture.open()
        let content = bytes(200_000)
        try await store.put("a", content)
        _ = try await store.copy(
            CopyRequest(
                source: ObjectKey("a"), sourceETag: nil, target: NewObject(key: ObjectKey("b")),
                replacesMetadata: false))
        #expect(try fixture.count(below: "data/") == 1)

        try await store.delete(ObjectKey("a"), ifMatch: nil)
        #expect(try await store.bytes("b") == content)
        try await store.put("b", [1])

        #expect(try fixture.count(below: "data/") == 0)
        #expect(try fixture.count(below: "objects/") == 1)
    }

    @Test("a part copied by reference outlives its source, over a restart too")
    func partByReference() async throws {
        let fixture = try DirectoryStoreFixture()
        let content = bytes(300_000)
        try await {
            let store = try await fixture.open()
            let version = try await store.put("a", content)
            let one = try #require(PartNumber(1))
            let object = NewObject(key: ObjectKey("b"))
            let upload = try await store.createMultipartUpload(object)
            let part = try await store.uploadPartCopy(
                one, of: upload, source: ObjectKey("a"), sourceETag: version.eTag,
                range: ByteRange(offset: 70_001, count: 130_000))
            try await store.delete(ObjectKey("a"), ifMatch: nil)
            _ = try await store.completeMultipartUpload(
                upload, as: object, parts: [part], size: 130_000, checksum: nil)
        }()

        let store = try await fixture.open()

        #expect(try fixture.count(below: "data/") == 1)
        #expect(try await store.bytes("b") == Array(content[70_001..<200_001]))
        #expect(
            try await store.bytes("b", range: ByteRange(offset: 60_000, count: 10))
                == Array(content[130_001..<130_011]))
    }

    @Test("an object that is read keeps its data when it is replaced or deleted")
    func readDuringReplacement() async throws {
        let fixture = try DirectoryStoreFixture()
        let store = try await fixture.open()
        let content = bytes(6 << 20)
        try await store.put("k", content)
        let sink = InterruptingSink { _ = try await store.put("k", [1]) }

        _ = try await store.get(ObjectKey("k"), range: nil, ifMatch: nil, into: sink)
        try await sink.interruption()

        #expect(sink.bytes == content)
        #expect(try await store.bytes("k") == [1])
    }
}

extension [UInt8] {
    fileprivate func contains(_ needle: [UInt8]) -> Bool {
        guard let first = needle.first, count >= needle.count else { return false }
        for start in 0...(count - needle.count) where self[start] == first {
            if self[start..<start + needle.count].elementsEqual(needle) { return true }
        }
        return false
    }
}
