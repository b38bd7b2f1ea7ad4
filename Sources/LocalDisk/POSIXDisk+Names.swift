private import CLocalDisk
private import Glibc
private import ObjectStorage

// The calls about names in directories.
extension POSIXDisk {
    package func rename(
        _ name: String, in directory: DiskDirectory, to newName: String,
        in newDirectory: DiskDirectory, replacing: Bool
    ) throws(DiskError) {
        try Self.check(name, .rename)
        try Self.check(newName, .rename)
        try Self.call(.rename) {
            unsafe replacing
                ? renameat(directory.descriptor, name, newDirectory.descriptor, newName)
                : wardfs_rename_without_replacing(
                    directory.descriptor, name, newDirectory.descriptor, newName)
        }
    }

    package func link(
        _ name: String, in directory: DiskDirectory, as newName: String,
        in newDirectory: DiskDirectory
    ) throws(DiskError) {
        try Self.check(name, .link)
        try Self.check(newName, .link)
        try Self.call(.link) {
            unsafe linkat(directory.descriptor, name, newDirectory.descriptor, newName, 0)
        }
    }

    package func unlink(_ name: String, in directory: DiskDirectory) throws(DiskError) {
        try Self.check(name, .unlink)
        try Self.call(.unlink) { unsafe unlinkat(directory.descriptor, name, 0) }
    }

    package func removeDirectory(
        _ name: String, in directory: DiskDirectory
    ) throws(DiskError) {
        try Self.check(name, .unlink)
        try Self.call(.unlink) { unsafe unlinkat(directory.descriptor, name, AT_REMOVEDIR) }
    }

    package func makeDirectory(_ name: String, in directory: DiskDirectory) throws(DiskError) {
        try Self.check(name, .makeDirectory)
        try Self.call(.makeDirectory) { unsafe mkdirat(directory.descriptor, name, 0o700) }
    }

    package func list(
        _ directory: DiskDirectory, _ body: (DiskEntry) throws(DiskError) -> Bool
    ) throws(DiskError) {
        // A descriptor of its own: a listing moves the position.
        let own = try Self.open(".", in: directory.descriptor, O_RDONLY | O_DIRECTORY)
        guard let stream = unsafe fdopendir(own) else {
            let number = errno
            _ = close(own)
            throw DiskError(errno: number, operation: .list)
        }
        defer { unsafe _ = closedir(stream) }
        while true {
            errno = 0
            // SAFETY: the entry is valid until the next call; its name is copied at once.
            guard let entry = unsafe readdir(stream) else {
                let number = errno
                guard number == 0 else { throw DiskError(errno: number, operation: .list) }
                return
            }
            let name = unsafe String(cString: wardfs_entry_name(entry))
            if name == "." || name == ".." { continue }
            let kind: DiskEntry.Kind =
                switch unsafe Int(entry.pointee.d_type) {
                case Int(DT_REG): .file
                case Int(DT_DIR): .directory
                case Int(DT_LNK): .symbolicLink
                default: .other
                }
            guard try body(DiskEntry(name: name, kind: kind)) else { return }
        }
    }

    package func status(of file: DiskFile) throws(DiskError) -> DiskStatus {
        try Self.status(of: file.descriptor)
    }

    package func status(of directory: DiskDirectory) throws(DiskError) -> DiskStatus {
        try Self.status(of: directory.descriptor)
    }

    package func status(
        of name: String, in directory: DiskDirectory
    ) throws(DiskError) -> DiskStatus {
        try Self.check(name, .status)
        var result = stat()
        try Self.call(.status) {
            unsafe fstatat(directory.descriptor, name, &result, AT_SYMLINK_NOFOLLOW)
        }
        return Self.status(from: result)
    }

    static func status(of descriptor: Int32) throws(DiskError) -> DiskStatus {
        var result = stat()
        try Self.call(.status) { unsafe fstat(descriptor, &result) }
        return status(from: result)
    }

    private static func status(from result: stat) -> DiskStatus {
        let kind: DiskEntry.Kind =
            switch result.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        return DiskStatus(
            kind: kind, size: UInt64(clamping: result.st_size),
            // Units of 512 bytes, whatever the file system's block is: stat(2).
            allocatedSize: UInt64(clamping: result.st_blocks) * 512,
            permissions: UInt32(result.st_mode & 0o7777), owner: result.st_uid,
            device: UInt64(result.st_dev), inode: UInt64(result.st_ino),
            modified: Timestamp(
                seconds: Int64(result.st_mtim.tv_sec),
                nanoseconds: Int32(clamping: result.st_mtim.tv_nsec)))
    }
}
