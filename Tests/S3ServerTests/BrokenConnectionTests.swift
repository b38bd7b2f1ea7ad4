import Checksums
import ObjectStorage
import ObjectStoreTestSupport
import Testing

@testable import S3

@Suite struct BrokenConnectionTests {
    @Test("N2: an object larger than any connection lasts arrives whole, by parts of its version")
    func resumedDownload() async throws {
        let direct = try await Server.miniStack.makeStore()
        let broken = try await Server.cuttingMiniStack.makeStore()
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let bytes = generator.bytes(5_000_000)
        let key = ObjectKey("broken/large")
        let stored = try await direct.put(
            NewObject(key: key), body: MemorySource(bytes), checksum: nil)
        let whole = CollectingSink()
        let part = CollectingSink()

        let attributes = try await broken.get(key, range: nil, ifMatch: nil, into: whole)
        _ = try await broken.get(
            key, range: ByteRange(offset: 100_000, count: 3_000_000), ifMatch: stored.eTag,
            into: part)

        #expect(whole.bytes == bytes)
        #expect(attributes.eTag == stored.eTag)
        #expect(part.bytes == Array(bytes[100_000..<3_100_000]))
    }

    @Test("N1: many puts over connections that break are each there, once and whole")
    func manyPuts() async throws {
        let broken = try await Server.flakyMiniStack.makeStore()
        let direct = try await Server.miniStack.makeStore()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in UInt8(0)..<40 {
                group.addTask {
                    let key = ObjectKey("broken/puts/\(number)")
                    let bytes = [UInt8](repeating: number, count: 10_000)
                    // A fresh transport each, so that each opens connections of its own.
                    let store = try Server.flakyMiniStack.store(
                        broken.client.configuration)
                    let stored = try await store.put(
                        NewObject(key: key), body: MemorySource(bytes), checksum: nil)
                    let sink = CollectingSink()
                    _ = try await direct.get(key, range: nil, ifMatch: stored.eTag, into: sink)
                    #expect(sink.bytes == bytes)
                }
            }
            try await group.waitForAll()
        }
    }
}
