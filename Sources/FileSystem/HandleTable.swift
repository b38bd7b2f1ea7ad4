internal import Synchronization

/// The open files and directories by number. Its lock is a leaf.
final class HandleTable: Sendable {
    private struct State {
        var next: UInt64 = 1
        var files: [HandleNumber: FileHandle] = [:]
        var directories: [HandleNumber: DirectoryHandle] = [:]
    }

    /// Above the usual limit of descriptors of a machine (`fs.file-max` defaults far higher, but
    /// one process has 1,048,576 at most).
    private static let maximumCount = 1 << 20

    private let state = Mutex(State())

    /// - Throws: `tooManyFiles` (EMFILE).
    func addFile(
        _ inode: Inode, mode: OpenMode, openerProcess: Int32?
    ) throws(FileSystemError) -> FileHandle {
        let lostContents = inode.state.withLock { $0.lostContents }
        let handle: FileHandle? = state.withLock { state in
            guard state.files.count < Self.maximumCount else { return nil }
            let handle = FileHandle(
                number: HandleNumber(state.next), inode: inode, mode: mode,
                openerProcess: openerProcess, lostContents: lostContents)
            state.next += 1
            state.files[handle.number] = handle
            return handle
        }
        guard let handle else { throw FileSystemError(.tooManyFiles, "open") }
        return handle
    }

    func file(_ number: HandleNumber) -> FileHandle? {
        state.withLock { $0.files[number] }
    }

    func removeFile(_ number: HandleNumber) -> FileHandle? {
        state.withLock { $0.files.removeValue(forKey: number) }
    }

    func addDirectory(_ inode: Inode) -> HandleNumber {
        state.withLock { state in
            let number = HandleNumber(state.next)
            state.next += 1
            state.directories[number] = DirectoryHandle(number: number, inode: inode)
            return number
        }
    }

    func directory(_ number: HandleNumber) -> DirectoryHandle? {
        state.withLock { $0.directories[number] }
    }

    func removeDirectory(_ number: HandleNumber) -> DirectoryHandle? {
        state.withLock { $0.directories.removeValue(forKey: number) }
    }
}
