import ObjectStorage
import ObjectStoreTestSupport
import Testing

@testable import Staging

@Suite("UploadQueue")
struct UploadQueueTests {
    @Test("a place is given to one at a time, in order, and a cancelled waiter leaves")
    func places() async throws {
        let queue = UploadQueue(limit: 1)
        let gate = Gate()
        let holder = Task { try await queue.withPlace { await gate.pass() } }
        await gate.waitForArrivals()
        let waiter = Task { try await queue.withPlace { 1 } }

        waiter.cancel()
        await #expect(throws: ObjectStoreError.self) { try await waiter.value }
        gate.open()
        try await holder.value

        #expect(try await queue.withPlace { 2 } == 2)
    }

    @Test("no more bodies run at once than the limit")
    func limit() async throws {
        let queue = UploadQueue(limit: 3)
        let gate = Gate()
        let tasks = (0..<9).map { _ in Task { try await queue.withPlace { await gate.pass() } } }

        await gate.waitForArrivals(3)
        #expect(queue.free == 0)
        gate.open()
        for task in tasks { try await task.value }

        #expect(queue.free == 3)
    }
}
