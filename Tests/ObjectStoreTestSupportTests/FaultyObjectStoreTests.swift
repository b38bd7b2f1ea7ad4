import ObjectStorage
import ObjectStoreTestSupport
import Testing

@Suite struct FaultyObjectStoreTests {
    private let inner = InMemoryObjectStore()
    private let key = ObjectKey("a")

    private func put(_ store: FaultyObjectStore) async throws {
        _ = try await store.put(NewObject(key: key), body: MemorySource([1, 2, 3]), checksum: nil)
    }

    @Test("a scripted call fails without an effect, the next succeeds")
    func failure() async throws {
        let store = FaultyObjectStore(inner)
        store.script(.put, call: 1, .fail(.throttled))

        let error = await #expect(throws: ObjectStoreError.self) { try await put(store) }
        #expect(error?.code == .throttled)
        #expect(inner.bytes(of: key) == nil)
        try await put(store)
        #expect(inner.bytes(of: key) == [1, 2, 3])
    }

    @Test("a lost answer leaves the effect")
    func lostAnswer() async throws {
        let store = FaultyObjectStore(inner)
        store.script(.put, .failAfterEffect(.networkFailure))

        await #expect(throws: ObjectStoreError.self) { try await put(store) }
        #expect(inner.bytes(of: key) == [1, 2, 3])
    }

    @Test("a get can be cut after some bytes")
    func cut() async throws {
        let store = FaultyObjectStore(inner)
        try await put(store)
        store.cut(getCall: 1, after: 2)
        let sink = CollectingSink()

        await #expect(throws: ObjectStoreError.self) {
            try await store.get(key, range: nil, ifMatch: nil, into: sink)
        }
        #expect(sink.bytes == [1, 2])
    }

    @Test("a held call goes on when its gate opens")
    func held() async throws {
        let store = FaultyObjectStore(inner)
        let gate = Gate()
        store.script(.put, .hold(gate))

        async let done: Void = put(store)
        await gate.waitForArrivals()
        #expect(inner.bytes(of: key) == nil)
        gate.open()
        try await done
        #expect(inner.bytes(of: key) == [1, 2, 3])
    }
}
