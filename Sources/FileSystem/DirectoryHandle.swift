internal import Synchronization

/// One name as `readdir` gives it.
package struct DirectoryEntry: Sendable {
    package let name: String
    package let kind: FileKind
    /// Nil for a name whose attributes were not asked for.
    package let inode: InodeNumber?
    package let attributes: FileAttributes?
    package let validity: Duration
}

/// An open directory: a window of entries that moves with the reader, so that a directory of a
/// million names needs memory for a page.
final class DirectoryHandle: Sendable {
    struct Window: Sendable {
        /// Index of the first entry of `names`; "." and ".." are 0 and 1.
        var start: UInt64 = 2
        var names: [(name: EntryName, entry: ListedEntry)] = []
        var continuationToken: String?
        /// No page is left, and the names that exist only here have been added.
        var isComplete = false
        var isStarted = false
        var holdsMetadata = false
        /// All names so far, to be kept as the directory's listing; nil when there are too many.
        var collected: [EntryName: ListedEntry]? = [:]
    }

    let number: HandleNumber
    let inode: Inode
    /// One page at a time.
    let gate = TaskGate()
    let window = Mutex(Window())

    init(number: HandleNumber, inode: Inode) {
        self.number = number
        self.inode = inode
    }
}
