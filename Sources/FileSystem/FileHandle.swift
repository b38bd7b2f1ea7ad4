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
        let (reader, outdated) = state.withLock { state in
            if let reader = state.reader, state.generation == generation {
                return (reader, ObjectReader?.none)
            }
            let outdated = state.reader
            let reader = make()
            state.reader = reader
            state.generation = generation
            return (reader, outdated)
        }
        outdated?.close()
        return reader
    }

    func close() {
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        reader?.close()
    }
}
