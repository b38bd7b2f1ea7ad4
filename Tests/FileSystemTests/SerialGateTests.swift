import Synchronization
import Testing

@testable import FileSystem

@Suite struct SerialGateTests {
    @Test("two bodies never run at once") func exclusion() async throws {
        let gate = SerialGate()
        let inside = Atomic(0)
        let most = Atomic(0)

        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await gate.run("test") { () async throws(FileSystemError) in
                        let now = inside.add(1, ordering: .relaxed).newValue
                        most.max(now, ordering: .relaxed)
                        await Task.yield()
                        inside.subtract(1, ordering: .relaxed)
                    }
                }
            }
            try await group.waitForAll()
        }

        #expect(most.load(ordering: .relaxed) == 1)
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
