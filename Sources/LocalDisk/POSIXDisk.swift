private import CLocalDisk
private import Glibc
package import ObjectStorage

/// The disk of this machine, through Linux's system calls.
package struct POSIXDisk: Disk {
    package init() {}

    package func openDirectory(path: String) throws(DiskError) -> DiskDirectory {
        DiskDirectory(
            descriptor: try Self.open(path, in: AT_FDCWD, O_RDONLY | O_DIRECTORY))
    }

    package func openDirectory(
        _ name: String, in directory: DiskDirectory
    ) throws(DiskError) -> DiskDirectory {
        try Self.check(name, .open)
        return DiskDirectory(
            descriptor: try Self.open(
                name, in: directory.descriptor, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
    }

    package func openFile(
        _ name: String, in directory: DiskDirectory, _ mode: OpenMode
    ) throws(DiskError) -> DiskFile {
        try Self.check(name, .open)
        let flags =
            switch mode {
            case .readOnly: O_RDONLY
            case .readWrite: O_RDWR
            case .createExclusively: O_RDWR | O_CREAT | O_EXCL
            case .createIfAbsent: O_RDWR | O_CREAT
            }
        return DiskFile(
            descriptor: try Self.open(name, in: directory.descriptor, flags | O_NOFOLLOW))
    }

    package func openFile(path: String) throws(DiskError) -> DiskFile {
        DiskFile(descriptor: try Self.open(path, in: AT_FDCWD, O_RDONLY))
    }

    package func read(
        _ file: DiskFile, at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(DiskError) {
        // SAFETY: pread(2) writes at most the free bytes behind the initialised ones.
        let failure = unsafe output.withUnsafeMutableBufferPointer {
            (target, initialized) -> Int32 in
            var place = offset
            while initialized < target.count {
                guard let start = target.baseAddress else { break }
                let result = unsafe pread(
                    file.descriptor, start + initialized, target.count - initialized,
                    off_t(clamping: place))
                if result < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                if result == 0 { break }
                initialized += result
                place += UInt64(result)
            }
            return 0
        }
        guard failure == 0 else { throw DiskError(errno: failure, operation: .read) }
    }

    package func write(
        _ bytes: Span<UInt8>, to file: DiskFile, at offset: UInt64
    ) throws(DiskError) {
        guard offset <= UInt64(off_t.max) - UInt64(bytes.count) else {
            throw DiskError(errno: EFBIG, operation: .write)
        }
        // SAFETY: pwrite(2) reads at most the bytes that are left.
        let failure = unsafe bytes.withUnsafeBufferPointer { source -> Int32 in
            var written = 0
            while written < source.count {
                guard let start = source.baseAddress else { break }
                let result = unsafe pwrite(
                    file.descriptor, start + written, source.count - written,
                    off_t(offset) + off_t(written))
                if result < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                // A regular file never takes zero bytes without an error.
                if result == 0 { return EIO }
                written += result
            }
            return 0
        }
        guard failure == 0 else { throw DiskError(errno: failure, operation: .write) }
    }

    package func synchronize(_ file: DiskFile) throws(DiskError) {
        try Self.call(.synchronize) { fdatasync(file.descriptor) }
    }

    package func synchronize(_ directory: DiskDirectory) throws(DiskError) {
        try Self.call(.synchronizeDirectory) { fsync(directory.descriptor) }
    }

    package func truncate(_ file: DiskFile, to size: UInt64) throws(DiskError) {
        guard let size = off_t(exactly: size) else {
            throw DiskError(errno: EFBIG, operation: .truncate)
        }
        try Self.call(.truncate) { ftruncate(file.descriptor, size) }
    }

    package func punchHole(_ range: ByteRange, in file: DiskFile) throws(DiskError) {
        guard !range.isEmpty else { return }
        try Self.call(.punchHole) {
            wardfs_punch_hole(file.descriptor, range.offset, range.count)
        }
    }

    package func space(of directory: DiskDirectory) throws(DiskError) -> DiskSpace {
        var status = statvfs()
        try Self.call(.space) { unsafe fstatvfs(directory.descriptor, &status) }
        let unit = UInt64(status.f_frsize)
        return DiskSpace(
            total: UInt64(status.f_blocks) &* unit, available: UInt64(status.f_bavail) &* unit)
    }

    package func lock(_ file: DiskFile, exclusively: Bool) throws(DiskError) {
        try Self.call(.lock) {
            flock(file.descriptor, (exclusively ? LOCK_EX : LOCK_SH) | LOCK_NB)
        }
    }
}

extension POSIXDisk {
    /// Makes a system call until it is not interrupted.
    static func call(
        _ operation: DiskOperation, _ body: () -> Int32
    ) throws(DiskError) {
        while body() != 0 {
            let number = errno
            guard number == EINTR else { throw DiskError(errno: number, operation: operation) }
        }
    }

    /// - Throws: `invalidName` unless `name` is one path component.
    static func check(_ name: String, _ operation: DiskOperation) throws(DiskError) {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")),
            !name.utf8.contains(0)
        else { throw DiskError(.invalidName, operation: operation) }
    }

    static func open(
        _ path: String, in directory: Int32, _ flags: Int32
    ) throws(DiskError) -> Int32 {
        while true {
            // SAFETY: the path is read during the call only.
            let descriptor = unsafe wardfs_open(directory, path, flags, 0o600)
            if descriptor >= 0 { return descriptor }
            let number = errno
            guard number == EINTR else { throw DiskError(errno: number, operation: .open) }
        }
    }
}
