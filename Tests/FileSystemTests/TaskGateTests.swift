import ObjectStorage
import Synchronization
import Testing

@testable import FileSystem

/// How many are inside at once.
private final class Counter: Sendable {
    private let state = Mutex((inside: 0, most: 0))

    var most: Int { state.withLock { $0.most } }
    var inside: Int { state.withLock { $0.inside } }

    func enter() {
        state.withLock { state in
            state.inside += 1
            state.most = max(state.most, state.inside)
        }
    }

    func leave() {
        state.withLock { $0.inside -= 1 }
    }
}

@Suite struct TaskGateTests {
    @Test("two bodies never run at once") func exclusion() async throws {
        let gate = TaskGate()
        let counter = Counter()

        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await gate.run("test") { () async throws(FileSystemError) in
                        counter.enter()
                        await Task.yield()
                        counter.leave()
                    }
                }
            }
            try await group.waitForAll()
        }

        #expect(counter.most == 1)
        #expect(gate.isHeld == false)
    }

    @Test("bodies that share run at once, and never beside one that does not")
    func sharing() async throws {
        let gate = TaskGate()
        let (shared, alone) = (Counter(), Counter())

        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<60 {
                group.addTask {
                    if index % 10 == 0 {
                        try await gate.run("alone") { () async throws(FileSystemError) in
                            alone.enter()
                            #expect(shared.inside == 0)
                            await Task.yield()
                            #expect(shared.inside == 0)
                            alone.leave()
                        }
                    } else {
                        try await gate.runShared("shared") { () async throws(FileSystemError) in
                            shared.enter()
                            #expect(alone.inside == 0)
                            for _ in 0..<10 { await Task.yield() }
                            shared.leave()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }

        #expect(alone.most == 1)
        #expect(shared.most > 1)
        #expect(gate.isHeld == false)
    }

    @Test("a cancelled waiter leaves with EINTR and the gate goes on") func cancellation() async {
        let gate = TaskGate()
        let (inside, entered) = AsyncStream<Void>.makeStream()
        let (release, releaser) = AsyncStream<Void>.makeStream()
        let holder = Task {
            try await gate.run("holder") { () async throws(FileSystemError) in
                entered.yield()
                for await _ in release { break }
            }
        }
        for await _ in inside { break }
        let waiter = Task {
            await Result { () async throws(FileSystemError) in
                try await gate.run("waiter") { () async throws(FileSystemError) in }
            }
        }

        waiter.cancel()
        let result = await waiter.value

        #expect(throws: FileSystemError.self) { try result.get() }
        releaser.yield()
        _ = await holder.result
        #expect(gate.isHeld == false)
    }

    @Test("an error leaves the gate open for the next") func errors() async throws {
        let gate = TaskGate()

        await #expect(throws: FileSystemError.self) {
            try await gate.run("first") { () async throws(FileSystemError) in
                throw FileSystemError(.busy, "first")
            }
        }

        let value = try await gate.run("second") { () async throws(FileSystemError) in 7 }
        #expect(value == 7)
    }
}
