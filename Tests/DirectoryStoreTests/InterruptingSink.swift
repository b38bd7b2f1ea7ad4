import ObjectStorage
import ObjectStoreTestSupport
import Synchronization

/// Keeps all bytes; starts something else when the first ones arrive.
final class InterruptingSink: ByteSink {
    private let collected = CollectingSink()
    private let task = Mutex<Task<Void, any Error>?>(nil)
    private let body: @Sendable () async throws -> Void

    init(_ body: @escaping @Sendable () async throws -> Void) {
        self.body = body
    }

    var bytes: [UInt8] { collected.bytes }

    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError) {
        try collected.receive(bytes)
        let body = body
        task.withLock { task in
            if task == nil { task = Task { try await body() } }
        }
    }

    /// Waits for what was started.
    func interruption() async throws {
        try await task.withLock { $0 }?.value
    }
}
