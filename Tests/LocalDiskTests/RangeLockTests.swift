import LocalDisk
import Synchronization
import Testing

@Suite("RangeLock")
struct RangeLockTests {
    private final class Log: Sendable {
        let entries = Mutex<[String]>([])

        func add(_ entry: String) { entries.withLock { $0.append(entry) } }
    }

    @Test("overlapping ranges follow one another; others run at once")
    func overlap() async {
        let lock = RangeLock()
        let executor = BlockingExecutor(threads: 3)
        let log = Log()

        await withTaskGroup(of: Void.self) { group in
            for range in [UInt64(0)..<10, 5..<15, 9..<UInt64.max] {
                group.addTask {
                    await executor.run {
                        for _ in 0..<100 {
                            lock.withLock(range) {
                                log.add("in")
                                log.add("out")
                            }
                        }
                    }
                }
            }
        }
        lock.withLock(0..<5) {
            // Would wait for ever if these two overlapped.
            lock.withLock(5..<10) { log.add("inner") }
        }

        let entries = log.entries.withLock { $0 }
        #expect(entries.count == 601 && entries.last == "inner")
        for index in stride(from: 0, to: 600, by: 2) {
            #expect(entries[index] == "in" && entries[index + 1] == "out")
        }
    }
}
