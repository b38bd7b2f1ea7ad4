import ObjectStorage
import ObjectStoreTestSupport
import Testing

@Suite struct InMemoryObjectStoreTests {
    @Test("a store in memory behaves as every store does", arguments: ConformanceCheck.all)
    func conformance(check: ConformanceCheck) async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        let store = InMemoryObjectStore(capabilities: StoreCapabilities(minimumPartSize: 4_096))
        try await check.run(on: store, seed: seed)
    }

    @Test("calls are counted by operation")
    func counts() async throws {
        let store = InMemoryObjectStore()
        _ = try await store.put(
            NewObject(key: ObjectKey("a")), body: MemorySource([1]), checksum: nil)
        _ = try await store.head(ObjectKey("a"))
        _ = try await store.head(ObjectKey("a"))

        #expect(store.count(of: .head) == 2)
        #expect(store.totalCount == 3)
        store.resetCounts()
        #expect(store.totalCount == 0)
    }

    @Test("an upload with a part below the minimum that is not the last is refused")
    func smallPart() async throws {
        let store = InMemoryObjectStore(capabilities: StoreCapabilities(minimumPartSize: 10))
        let object = NewObject(key: ObjectKey("a"))
        let upload = try await store.createMultipartUpload(object)
        var parts: [Part] = []
        for value in 1...2 {
            let number = try #require(PartNumber(value))
            parts.append(
                try await store.uploadPart(
                    number, of: upload, body: MemorySource([1]), checksum: nil))
        }

        let error = await #expect(throws: ObjectStoreError.self) {
            try await store.completeMultipartUpload(
                upload, as: object, parts: parts, size: 2, checksum: nil)
        }
        #expect(error?.storeCode == "EntityTooSmall")
    }
}
