import ObjectStorage
import Synchronization
import Testing

@testable import FileSystem

/// How many are inside at once.
private final class Counter: Sendable {
    private let state = Mutex((inside: 0, most: 0))

    var most: Int { state.withLock { $0.most } }

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

@Suite struct SerialGateTests {
    @Test("two bodies never run at once") func exclusion() async throws {
        let gate = SerialGate()
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

    @Test("a cancelled waiter leaves with EINTR and the gate goes on") func cancellation() async {
        let gate = SerialGate()
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
        let gate = SerialGate()

        await #expect(throws: FileSystemError.self) {
            try await gate.run("first") { () async throws(FileSystemError) in
                throw FileSystemError(.busy, "first")
            }
        }

        let value = try await gate.run("second") { () async throws(FileSystemError) in 7 }
        #expect(value == 7)
    }
}
