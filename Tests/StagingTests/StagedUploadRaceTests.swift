import ObjectStorage
import ObjectStoreTestSupport
import Staging
import Synchronization
import Testing

@Suite("StagedUpload while the file is written")
struct StagedUploadRaceTests {
    private final class Flag: Sendable {
        private let raised = Mutex(false)

        var isRaised: Bool { raised.withLock { $0 } }

        func raise() { raised.withLock { $0 = true } }
    }

    /// Rounds that the writer makes at most: far more than a publishing takes.
    private let maximumRounds = 200

    @Test("what is published is the file of one moment, or nothing", arguments: [2, 12])
    func oneMoment(blocks: Int) async throws {
        let bench = try await StagedUploadTests.Bench()
        try bench.file.write([UInt8](repeating: 0, count: blocks * block), at: 0)
        let done = Flag()

        let published = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                // Block by block: at any moment some first blocks are one round ahead of the rest.
                for round in 1...maximumRounds where !done.isRaised {
                    for number in 0..<blocks {
                        try bench.file.write(
                            [UInt8](repeating: UInt8(round), count: block), at: number * block)
                        await Task.yield()
                    }
                }
                return false
            }
            group.addTask {
                defer { done.raise() }
                do {
                    _ = try await bench.upload.publish(bench.object)
                    return true
                } catch let error as ObjectStoreError where error.code == .localDataDamaged {
                    return false
                }
            }
            return try await group.reduce(false) { $0 || $1 }
        }

        #expect(bench.file.poisoning == nil)
        guard let content = bench.memory.bytes(of: bench.object.key) else {
            #expect(!published)
            _ = try await bench.upload.publish(bench.object)
            #expect(bench.memory.bytes(of: bench.object.key) == (try bench.file.content()))
            return
        }
        let rounds = stride(from: 0, to: content.count, by: block).map { content[$0] }
        #expect(rounds == rounds.sorted(by: >))
        #expect(Int(rounds[0]) - Int(rounds[blocks - 1]) <= 1)
        for number in 0..<blocks {
            let bytes = content[number * block..<(number + 1) * block]
            #expect(bytes.allSatisfy { $0 == rounds[number] })
        }
    }
}
