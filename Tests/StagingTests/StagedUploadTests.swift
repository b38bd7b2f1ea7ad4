import ObjectStorage
import ObjectStoreTestSupport
import Testing

@testable import Staging

@Suite("StagedUpload")
struct StagedUploadTests {
    /// A file with its upload to a store with parts of 128 KiB.
    struct Bench {
        let fixture: Fixture
        let memory: InMemoryObjectStore
        let store: FaultyObjectStore
        let file: StagedFile
        let upload: StagedUpload
        let object = NewObject(key: ObjectKey("k"), userMetadata: ["a": "1"])

        init(base: [UInt8]? = nil) async throws {
            fixture = try Fixture()
            memory = InMemoryObjectStore(
                capabilities: StoreCapabilities(
                    minimumPartSize: 65_536, maximumPartSize: 4 << 20, maximumPartCount: 100))
            store = FaultyObjectStore(memory)
            var object: BaseObject?
            if let base {
                let stored = try await memory.put(
                    self.object, body: MemorySource(base), checksum: nil)
                object = BaseObject(
                    key: self.object.key, eTag: stored.eTag, size: UInt64(base.count))
                memory.resetCounts()
            }
            file = try fixture.area.makeFile(base: object)
            upload = StagedUpload(
                file: file, store: store, queue: UploadQueue(limit: 3),
                limits: UploadLimits(memory.capabilities, partSize: 131_072))
        }

        /// Writes as a program does, in pieces, telling the upload.
        func write(_ bytes: [UInt8], at offset: Int = 0, inPiecesOf size: Int = 65_536) throws {
            var done = 0
            while done < bytes.count {
                let piece = Array(bytes[done..<min(bytes.count, done + size)])
                try file.write(piece, at: offset + done)
                upload.noteWritten(target: object)
                done += piece.count
            }
        }

        func uploadsLeft() async throws -> Int {
            try await memory.listMultipartUploads(prefix: ObjectKey(""), limit: 10).count
        }
    }

    private func bytes(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.content(count)
    }

    @Test("a small file is one put", arguments: [0, 1, 1000, 65_536, 262_143])
    func small(count: Int) async throws {
        let bench = try await Bench()
        let content = bytes(count)
        try bench.write(content)
        #expect(bench.file.isDirty)

        let stored = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
        #expect(bench.memory.totalCount == 1)
        #expect(stored.checksum?.value == content.crc64NVME)
        #expect(!bench.file.isDirty)
    }

    @Test("a large file's parts are sent while it is written, each once")
    func streaming() async throws {
        let bench = try await Bench()
        let content = bytes(10 * 131_072 + 5)
        let gate = Gate()
        bench.store.script(.uploadPart, .hold(gate))
        try bench.write(Array(content.prefix(5 * 131_072)))
        // Sent before anybody publishes.
        await gate.waitForArrivals(3)
        gate.open()
        try bench.write(Array(content.dropFirst(5 * 131_072)), at: 5 * 131_072)

        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
        #expect(bench.store.count(of: .uploadPart) == 11)
        #expect(bench.store.count(of: .createMultipartUpload) == 1)
        #expect(try await bench.uploadsLeft() == 0)
    }

    @Test("nothing is sent before two parts are full, nor of a file with gaps")
    func patience() async throws {
        let bench = try await Bench()
        try bench.write(bytes(2 * 131_072 - 1))
        try bench.write(bytes(8 * 131_072), at: 3 * 131_072)

        #expect(bench.memory.totalCount == 0)
        _ = try await bench.upload.publish(bench.object)
        #expect(bench.memory.bytes(of: bench.object.key) == (try bench.file.content()))
    }

    @Test("a part that was rewritten after it was sent is sent again")
    func rewriting() async throws {
        let bench = try await Bench()
        var content = bytes(6 * 131_072)
        let gate = Gate()
        bench.store.script(.uploadPart, .holdAnswer(gate))
        try bench.write(content)
        await gate.waitForArrivals(3)
        let header: [UInt8] = [1, 2, 3]
        try bench.file.write(header, at: 10)
        content.replaceSubrange(10..<13, with: header)
        gate.open()

        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
        #expect(bench.store.count(of: .uploadPart) == 7)
    }

    @Test("cutting a file that was being sent leaves the cut file")
    func cutting() async throws {
        for size in [0, 100_000, 3 * 131_072, 400_000] {
            let bench = try await Bench()
            let content = bytes(6 * 131_072)
            try bench.write(content)
            await bench.upload.settle()
            try bench.file.truncate(to: UInt64(size))
            try bench.file.truncate(to: UInt64(size) + 131_072)

            _ = try await bench.upload.publish(bench.object)

            let expected = Array(content.prefix(size)) + [UInt8](repeating: 0, count: 131_072)
            #expect(bench.memory.bytes(of: bench.object.key) == expected)
            #expect(try await bench.uploadsLeft() == 0)
        }
    }

    @Test("an upload that was begun under another key or metadata is thrown away")
    func renaming() async throws {
        for object in [
            NewObject(key: ObjectKey("other"), userMetadata: ["a": "1"]),
            NewObject(key: ObjectKey("k"), userMetadata: ["a": "2"]),
        ] {
            let bench = try await Bench()
            let content = bytes(4 * 131_072)
            let gate = Gate()
            bench.store.script(.uploadPart, .holdAnswer(gate))
            try bench.write(content)
            await gate.waitForArrivals(1)
            gate.open()

            _ = try await bench.upload.publish(object)

            #expect(bench.memory.keys == [object.key])
            #expect(bench.memory.bytes(of: object.key) == content)
            #expect(
                try await bench.memory.head(object.key).userMetadata == object.userMetadata)
            #expect(try await bench.uploadsLeft() == 0)
        }
    }

    @Test("after many parts new metadata costs a copy in the store, and none when the old will do")
    func lateMetadata() async throws {
        for isAccepted in [false, true] {
            let bench = try await Bench()
            let content = bytes(12 * 131_072)
            let gate = Gate()
            bench.store.script(.uploadPart, .holdAnswer(gate))
            try bench.write(content)
            await gate.waitForArrivals(3)
            gate.open()
            await bench.upload.settle()
            var object = bench.object
            object.userMetadata = ["a": "2"]

            let stored = try await bench.upload.publish(object) { _ in isAccepted }

            let head = try await bench.memory.head(object.key)
            #expect(head.userMetadata == (isAccepted ? bench.object.userMetadata : ["a": "2"]))
            #expect(head.eTag == stored.eTag && bench.file.base?.eTag == stored.eTag)
            #expect(bench.upload.published?.userMetadata == head.userMetadata)
            #expect(bench.memory.bytes(of: object.key) == content)
            #expect(bench.memory.count(of: .uploadPart) == 12)
            #expect(bench.memory.count(of: .copy) == (isAccepted ? 0 : 1))
            #expect(try await bench.uploadsLeft() == 0)
        }
    }

    @Test("a large object's metadata is renewed by copying its ranges")
    func renewingLargeObjects() async throws {
        let content = bytes(5 << 20)
        let bench = try await Bench()
        bench.memory.replace(bench.object.key, with: content)
        let head = try await bench.memory.head(bench.object.key)
        var object = bench.object
        object.userMetadata = ["new": "1"]

        let stored = try await bench.upload.renewMetadata(
            of: StoredObject(eTag: head.eTag, encryption: .s3), to: object,
            size: UInt64(content.count))

        #expect(bench.memory.bytes(of: object.key) == content)
        #expect(bench.memory.count(of: .uploadPartCopy) == 2)
        #expect(try await bench.memory.head(object.key).userMetadata == ["new": "1"])
        #expect(try await bench.memory.head(object.key).eTag == stored.eTag)
    }

    @Test("a part that failed in the background is sent by the publishing")
    func backgroundFailure() async throws {
        let bench = try await Bench()
        let gate = Gate()
        bench.store.script(.uploadPart, call: 1, .holdAndFail(gate, .networkFailure))
        let content = bytes(8 * 131_072)
        try bench.write(content)
        await gate.waitForArrivals()
        gate.open()

        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
    }

    @Test("a failing publishing reports, and the next goes on with the parts that are there")
    func resuming() async throws {
        let bench = try await Bench()
        let content = bytes(6 * 131_072)
        try bench.file.write(content, at: 0)
        bench.store.script(.uploadPart, call: 6, .fail(.serverFailure))
        bench.store.script(.completeMultipartUpload, call: 1, .fail(.timedOut))

        #expect(await failure { try await bench.upload.publish(bench.object) } == .serverFailure)
        #expect(bench.file.isDirty)
        #expect(await failure { try await bench.upload.publish(bench.object) } == .timedOut)
        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
        #expect(bench.store.count(of: .createMultipartUpload) == 1)
        #expect(bench.memory.count(of: .uploadPart) == 6)
    }

    @Test(
        "a lost upload and a lost race begin anew",
        arguments: [
            (StoreOperation.uploadPart, ObjectStoreError.Code.noSuchUpload),
            (.completeMultipartUpload, .noSuchUpload), (.completeMultipartUpload, .conflict),
            (.completeMultipartUpload, .invalidPart),
        ])
    func lostUploads(operation: StoreOperation, code: ObjectStoreError.Code) async throws {
        let bench = try await Bench()
        let content = bytes(4 * 131_072)
        try bench.file.write(content, at: 0)
        bench.store.script(operation, call: 1, .fail(code))

        _ = try await bench.upload.publish(bench.object)

        #expect(bench.memory.bytes(of: bench.object.key) == content)
        #expect(bench.store.count(of: .createMultipartUpload) == 2)
        #expect(try await bench.uploadsLeft() == 0)
    }

    @Test("an upload that is lost again and again ends with the error")
    func hopeless() async throws {
        let bench = try await Bench()
        try bench.file.write(bytes(4 * 131_072), at: 0)
        bench.store.script(.completeMultipartUpload, .fail(.conflict))

        #expect(await failure { try await bench.upload.publish(bench.object) } == .conflict)
        #expect(bench.memory.keys == [])
        #expect(try await bench.uploadsLeft() == 0)
    }

    @Test(
        "a condition that does not hold is reported, and nothing is left behind", arguments: [1, 5])
    func condition(parts: Int) async throws {
        let bench = try await Bench(base: [9])
        let file = try bench.fixture.area.makeFile()
        let upload = StagedUpload(
            file: file, store: bench.store, queue: UploadQueue(),
            limits: UploadLimits(bench.memory.capabilities, partSize: 131_072))
        try file.write(bytes(parts * 131_072), at: 0)
        var object = bench.object
        object.condition = .ifAbsent

        #expect(await failure { try await upload.publish(object) } == .preconditionFailed)
        #expect(bench.memory.bytes(of: object.key) == [9])
        #expect(try await bench.uploadsLeft() == 0)
    }

    @Test("cancelling throws the begun upload away")
    func cancelling() async throws {
        let bench = try await Bench()
        let gate = Gate()
        bench.store.script(.uploadPart, .hold(gate))
        try bench.write(bytes(4 * 131_072))
        await gate.waitForArrivals(1)
        gate.open()

        await bench.upload.cancel()

        #expect(try await bench.uploadsLeft() == 0)
        #expect(bench.memory.keys == [])
    }
}

/// The code of the store's error that `body` throws.
func failure<Value>(_ body: () async throws -> Value) async -> ObjectStoreError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? ObjectStoreError)?.code
    }
}
