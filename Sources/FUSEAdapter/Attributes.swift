internal import CLibFUSE3
internal import FileSystem
internal import Glibc
internal import ObjectStorage

extension Duration {
    /// As libfuse takes a validity.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

extension timespec {
    init(_ time: Timestamp) {
        self.init(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds))
    }

    /// Nil for nanoseconds out of range, which the kernel never sends.
    var timestamp: Timestamp? {
        guard (0..<1_000_000_000).contains(tv_nsec) else { return nil }
        return Timestamp(seconds: Int64(tv_sec), nanoseconds: Int32(tv_nsec))
    }
}

/// `struct stat` of an entry.
/// Source: `man 3type stat`.
func stat(_ entry: FileSystem.Entry) -> Glibc.stat {
    let attributes = entry.attributes
    var status = Glibc.stat()
    status.st_ino = UInt(entry.inode.rawValue)
    status.st_mode = attributes.mode
    status.st_nlink = attributes.kind == .directory ? 2 : 1
    status.st_uid = attributes.uid
    status.st_gid = attributes.gid
    status.st_size = Int(clamping: attributes.size)
    status.st_blksize = 1 << 20
    // In units of 512 bytes.
    status.st_blocks = Int(clamping: attributes.size / 512 + (attributes.size % 512 > 0 ? 1 : 0))
    status.st_mtim = timespec(attributes.modified)
    status.st_atim = timespec(attributes.accessed)
    status.st_ctim = timespec(attributes.changed)
    return status
}

/// What `lookup` and its like answer.
func entryParameters(_ entry: FileSystem.Entry) -> fuse_entry_param {
    var parameters = fuse_entry_param()
    parameters.ino = entry.inode.rawValue
    parameters.attr = stat(entry)
    parameters.attr_timeout = entry.validity.inSeconds
    parameters.entry_timeout = entry.validity.inSeconds
    return parameters
}
