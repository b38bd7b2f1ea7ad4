internal import ObjectStorage
internal import ReadCache
internal import Synchronization

/// How a file was opened.
package struct OpenMode: Hashable, Sendable {
    package var isReadable: Bool
    package var isWritable: Bool
    package var truncates: Bool

    package init(isReadable: Bool, isWritable: Bool, truncates: Bool) {
        self.isReadable = isReadable
        self.isWritable = isWritable
        self.truncates = truncates
    }
}

/// What `open` and `create` answer.
package struct OpenedFile: Sendable {
    package let handle: HandleNumber
    /// The kernel's cached pages are of the version that was opened.
    package let keepsKernelCache: Bool
}

/// One open file description.
final class FileHandle: Sendable {
    private struct State {
        var reader: ObjectReader?
        var generation: UInt64 = 0

        /// The reader, if it is of that generation.
        func reader(_ generation: UInt64) -> ObjectReader? {
            self.generation == generation ? reader : nil
        }
    }

    let number: HandleNumber
    let inode: Inode
    let mode: OpenMode
    /// The process that opened it; nil when it is not visible.
    let openerProcess: Int32?
    /// `InodeState.lostContents` when it was opened.
    let lostContents: UInt64
    private let state = Mutex(State())

    init(
        number: HandleNumber, inode: Inode, mode: OpenMode, openerProcess: Int32?,
        lostContents: UInt64
    ) {
        self.number = number
        self.inode = inode
        self.mode = mode
        self.openerProcess = openerProcess
        self.lostContents = lostContents
    }

    /// The handle's reader, made anew when this mount itself has published or moved the object
    /// since. After a change by someone else it stays with the version that was opened.
    /// - Parameter generation: the inode's `readerGeneration`.
    func reader(generation: UInt64, make: () -> ObjectReader) -> ObjectReader {
        if let current = state.withLock({ $0.reader(generation) }) { return current }
        let made = make()
        let (current, unused) = state.withLock { state in
            if let current = state.reader(generation) { return (current, ObjectReader?.some(made)) }
            let outdated = state.reader
            state.reader = made
            state.generation = generation
            return (made, outdated)
        }
        unused?.close()
        return current
    }

    func close() {
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        reader?.close()
    }
}
