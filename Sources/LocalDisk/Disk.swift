package import ObjectStorage

/// The kinds of calls that a disk gets: what a test makes fail, and what an error names.
package enum DiskOperation: String, Hashable, Sendable, CaseIterable {
    case open
    case read
    case write
    case synchronize
    case synchronizeDirectory
    case truncate
    case punchHole
    case rename
    case link
    case unlink
    case makeDirectory
    case list
    case status
    case space
    case lock
}

/// How a file is opened. No form follows a symbolic link in the last place.
package enum OpenMode: Hashable, Sendable {
    case readOnly
    case readWrite
    /// For reading and writing, mode 0600; fails when the name is taken.
    case createExclusively
    /// For reading and writing, mode 0600; made when absent.
    case createIfAbsent
}

/// The seam to the local disk: one method for each system call, all relative to an open directory,
/// so that tests can make any of them fail.
///
/// All methods block; call them from own threads or `BlockingExecutor`. Any thread may call any
/// method. Names are single path components: anything else is `invalidName`.
package protocol Disk: Sendable {
    /// Opens a directory by its path, following symbolic links.
    func openDirectory(path: String) throws(DiskError) -> DiskDirectory
    /// Opens a directory inside another; not through a symbolic link.
    func openDirectory(
        _ name: String, in directory: DiskDirectory
    ) throws(DiskError) -> DiskDirectory
    /// Opens a regular file inside a directory.
    func openFile(
        _ name: String, in directory: DiskDirectory, _ mode: OpenMode
    ) throws(DiskError) -> DiskFile
    /// Opens a file of the user's choice (configuration, a key) for reading, following links.
    func openFile(path: String) throws(DiskError) -> DiskFile

    /// Appends bytes from `offset` on until `output` is full or the file ends.
    func read(
        _ file: DiskFile, at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(DiskError)
    /// Writes all bytes at `offset`, or throws with some of them perhaps written.
    func write(_ bytes: Span<UInt8>, to file: DiskFile, at offset: UInt64) throws(DiskError)
    /// Makes the file's content durable (fdatasync). After a failure nothing is known about what
    /// was written before; trying again proves nothing.
    /// Source: `fsync(2)`, "Errors"; the fsync errors of PostgreSQL's wiki, 2018.
    func synchronize(_ file: DiskFile) throws(DiskError)
    /// Makes names in a directory durable (fsync).
    func synchronize(_ directory: DiskDirectory) throws(DiskError)
    /// Cuts or lengthens (with a hole) a file.
    func truncate(_ file: DiskFile, to size: UInt64) throws(DiskError)
    /// Gives a range's blocks back to the file system; it reads as zeros then.
    /// - Throws: `unsupported` where the file system cannot.
    func punchHole(_ range: ByteRange, in file: DiskFile) throws(DiskError)

    /// Renames; atomically over what is there when `replacing`, else `alreadyExists`.
    func rename(
        _ name: String, in directory: DiskDirectory, to newName: String,
        in newDirectory: DiskDirectory, replacing: Bool
    ) throws(DiskError)
    /// Makes a second name of a file; never of a symbolic link's target.
    func link(
        _ name: String, in directory: DiskDirectory, as newName: String,
        in newDirectory: DiskDirectory
    ) throws(DiskError)
    /// Removes a file's name.
    func unlink(_ name: String, in directory: DiskDirectory) throws(DiskError)
    /// Removes an empty directory.
    func removeDirectory(_ name: String, in directory: DiskDirectory) throws(DiskError)
    /// Makes a directory of mode 0700.
    func makeDirectory(_ name: String, in directory: DiskDirectory) throws(DiskError)
    /// Calls `body` for each entry, without `.` and `..`, in no order, until it returns false.
    func list(
        _ directory: DiskDirectory, _ body: (DiskEntry) throws(DiskError) -> Bool
    ) throws(DiskError)

    func status(of file: DiskFile) throws(DiskError) -> DiskStatus
    func status(of directory: DiskDirectory) throws(DiskError) -> DiskStatus
    /// Of the name itself; not of a symbolic link's target.
    func status(of name: String, in directory: DiskDirectory) throws(DiskError) -> DiskStatus
    /// Room on the file system of a directory.
    func space(of directory: DiskDirectory) throws(DiskError) -> DiskSpace
    /// Takes the file's advisory lock for this process without waiting; closing the file gives it
    /// back.
    /// - Throws: `locked`.
    func lock(_ file: DiskFile, exclusively: Bool) throws(DiskError)
}

extension Disk {
    /// The whole content of a file of the user's choice.
    /// - Parameter limit: bytes.
    /// - Throws: `tooLarge` above the limit, and what opening and reading throw.
    package func contents(path: String, atMost limit: Int) throws(DiskError) -> [UInt8] {
        try contents(of: openFile(path: path), atMost: limit)
    }

    /// The whole content of an open file, from its beginning.
    /// - Throws: `tooLarge` above `limit` bytes.
    package func contents(of file: DiskFile, atMost limit: Int) throws(DiskError) -> [UInt8] {
        let size = try status(of: file).size
        // One more than it should hold, to see one that has grown.
        let capacity = min(Int(clamping: size), limit) + 1
        let bytes = try [UInt8](capacity: capacity) {
            (output: inout OutputSpan<UInt8>) throws(DiskError) in
            try read(file, at: 0, into: &output)
        }
        guard bytes.count <= limit else { throw DiskError(.tooLarge, operation: .read) }
        return bytes
    }
}

/// A name in a directory.
package struct DiskEntry: Hashable, Sendable {
    /// What the name stands for.
    package enum Kind: Hashable, Sendable {
        case file
        case directory
        case symbolicLink
        /// A device, socket or pipe, or one whose kind the file system does not tell.
        case other
    }

    package let name: String
    package let kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// What a file system tells about a file.
package struct DiskStatus: Hashable, Sendable {
    package let kind: DiskEntry.Kind
    /// Bytes.
    package let size: UInt64
    /// Bytes that it takes on the disk, holes not counted.
    package let allocatedSize: UInt64
    /// The permission bits, 0 to 0o7777.
    package let permissions: UInt32
    package let owner: UInt32
    package let device: UInt64
    package let inode: UInt64
    package let modified: Timestamp

    package init(
        kind: DiskEntry.Kind, size: UInt64, allocatedSize: UInt64, permissions: UInt32,
        owner: UInt32, device: UInt64, inode: UInt64, modified: Timestamp
    ) {
        self.kind = kind
        self.size = size
        self.allocatedSize = allocatedSize
        self.permissions = permissions
        self.owner = owner
        self.device = device
        self.inode = inode
        self.modified = modified
    }
}

/// Room on a file system.
package struct DiskSpace: Hashable, Sendable {
    /// Bytes.
    package let total: UInt64
    /// Bytes that this user may still take.
    package let available: UInt64

    package init(total: UInt64, available: UInt64) {
        self.total = total
        self.available = available
    }
}
