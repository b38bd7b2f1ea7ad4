internal import Telemetry

/// The kinds of files that an object can stand for.
package enum FileKind: Hashable, Sendable {
    case regular
    case directory
    case symbolicLink

    /// The type bits of `st_mode` (S_IFREG, S_IFDIR, S_IFLNK).
    /// Source: `man 7 inode`.
    package var modeBits: UInt32 {
        switch self {
        case .regular: 0o100000
        case .directory: 0o040000
        case .symbolicLink: 0o120000
        }
    }

    /// - Returns: nil for devices, sockets and FIFOs.
    package init?(mode: UInt32) {
        switch mode & 0o170000 {
        case 0o100000: self = .regular
        case 0o040000: self = .directory
        case 0o120000: self = .symbolicLink
        default: return nil
        }
    }
}

/// A file's number for the lifetime of the mount; never used again for another file.
package struct InodeNumber: Hashable, Sendable {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// FUSE_ROOT_ID.
    package static let root = InodeNumber(1)
}

extension InodeNumber: LogSafe {
    package var description: String { String(rawValue) }
}

/// An open file's or directory's number; never used again for another one.
package struct HandleNumber: Hashable, Sendable {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// The process that asks: as the kernel tells it with each request.
package struct Caller: Hashable, Sendable {
    package let uid: UInt32
    package let gid: UInt32
    /// The thread's id; 0 when the kernel itself asks.
    package let pid: Int32
    /// The permission bits that the process masks out; for create, mkdir.
    package let umask: UInt32

    package init(uid: UInt32, gid: UInt32, pid: Int32, umask: UInt32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.umask = umask
    }
}

/// Looks at processes by their thread id (the file system decides by them when a close publishes).
package protocol ProcessInspector: Sendable {
    /// The process that a thread belongs to; nil when it is not visible.
    func processID(ofThread pid: Int32) -> Int32?

    /// Whether the process is dying from a signal (PF_SIGNALED in field 9 of `/proc/PID/stat`).
    /// False when it is not visible.
    /// Source: `man 5 proc`, `/proc/pid/stat`; Linux `include/linux/sched.h`.
    func isKilled(thread pid: Int32) -> Bool

    /// Whether the process has a descriptor of an inode with this number. True for a file of
    /// another file system with the same number; false when the process is not visible.
    /// Source: `man 5 proc_pid_fdinfo`, `ino`.
    func hasDescriptor(of inode: InodeNumber, thread pid: Int32) -> Bool
}
