import LocalDisk
import Synchronization
import Testing

@Suite("BlockingExecutor")
struct BlockingExecutorTests {
    @Test("results and errors come back to the caller that asked")
    func results() async throws {
        let executor = BlockingExecutor(threads: 2)

        let numbers = await withTaskGroup(of: Int.self) { group in
            for number in 0..<200 { group.addTask { await executor.run { number * 2 } } }
            return await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
        }

        #expect(numbers == (0..<200).map { $0 * 2 })
        await #expect(throws: DiskError.self) {
            try await executor.run { () throws(DiskError) in
                throw DiskError(.failed, operation: .read)
            }
        }
    }

    @Test("no more closures run at once than the limit, and so many do")
    func limit() async {
        let executor = BlockingExecutor(threads: 3)
        let gauge = Gauge()

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    await executor.run {
                        gauge.enter()
                        // Waits, within a bound, for the others that may run beside it.
                        for _ in 0..<1_000_000 where gauge.most < 3 {}
                        gauge.leave()
                    }
                }
            }
        }

        #expect(gauge.most == 3)
    }
}

private final class Gauge: Sendable {
    private struct State {
        var now = 0
        var most = 0
    }

    private let state = Mutex(State())

    var most: Int { state.withLock { $0.most } }

    func enter() {
        state.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() {
        state.withLock { $0.now -= 1 }
    }
}
