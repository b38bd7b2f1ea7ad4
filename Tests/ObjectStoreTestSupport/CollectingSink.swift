package import ObjectStorage
import Synchronization

/// Keeps all bytes that it is given.
package final class CollectingSink: ByteSink {
    private let collected = Mutex<[UInt8]>([])

    /// Empty.
    package init() {}

    /// All bytes so far, in order.
    package var bytes: [UInt8] { collected.withLock { $0 } }

    package func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError) {
        let copy = [UInt8](copying: bytes)
        collected.withLock { $0 += copy }
    }
}
