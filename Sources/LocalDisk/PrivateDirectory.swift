private import CLocalDisk
private import Glibc

/// A directory that only this user reaches: where staged files, caches and the journal rest.
package enum PrivateDirectory {
    /// Opens the directory and proves that it is safe.
    ///
    /// It must belong to this user, have mode 0700, lie on a file system of this machine (sealed
    /// data must not travel, and fdatasync must mean something), and no part of its path may be a
    /// symbolic link, which others could turn elsewhere.
    /// - Parameters:
    ///   - path: absolute.
    ///   - creating: make it, mode 0700, when it is absent; its parent must exist.
    /// - Throws: `unsafeDirectory` with what is wrong, `symbolicLink`, `notFound`, `accessDenied`.
    package static func open(path: String, creating: Bool) throws(DiskError) -> DiskDirectory {
        let components = path.split(separator: "/").map(String.init)
        guard path.hasPrefix("/"), !components.isEmpty, !components.contains("..") else {
            throw DiskError(.unsafeDirectory, operation: .open, detail: "the path is not absolute")
        }
        // O_PATH: a directory on the way need only be searchable, not readable.
        let onTheWay = O_DIRECTORY | O_NOFOLLOW | wardfs_open_path_only
        var current = DiskDirectory(
            descriptor: try POSIXDisk.open("/", in: AT_FDCWD, O_DIRECTORY | wardfs_open_path_only))
        for component in components.dropLast() where component != "." {
            current = DiskDirectory(
                descriptor: try open(component, in: current, onTheWay))
        }
        let name = components[components.count - 1]
        if creating { try create(name, in: current) }
        let directory = DiskDirectory(
            descriptor: try open(name, in: current, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
        try verify(directory)
        return directory
    }

    private static func create(_ name: String, in parent: DiskDirectory) throws(DiskError) {
        do throws(DiskError) {
            try POSIXDisk().makeDirectory(name, in: parent)
        } catch  where error.code == .alreadyExists {
            return
        }
    }

    /// `openat` that tells a symbolic link from another thing that is no directory.
    private static func open(
        _ name: String, in parent: DiskDirectory, _ flags: Int32
    ) throws(DiskError) -> Int32 {
        do throws(DiskError) {
            return try POSIXDisk.open(name, in: parent.descriptor, flags)
        } catch {
            // With O_DIRECTORY | O_NOFOLLOW a link gives ENOTDIR instead of ELOOP.
            if error.code == .notADirectory,
                try POSIXDisk().status(of: name, in: parent).kind == .symbolicLink
            {
                throw DiskError(.symbolicLink, operation: .open, errno: error.errno)
            }
            throw error
        }
    }

    private static func verify(_ directory: DiskDirectory) throws(DiskError) {
        let status = try POSIXDisk.status(of: directory.descriptor)
        guard status.owner == geteuid() else {
            throw unsafeDirectory("it belongs to another user")
        }
        guard status.permissions & 0o777 == 0o700 else {
            throw unsafeDirectory("its mode is \(String(status.permissions, radix: 8)), not 700")
        }
        let type = wardfs_file_system_type(directory.descriptor)
        if let name = remoteFileSystems[type] {
            throw unsafeDirectory("it lies on \(name), not on a local disk")
        }
    }

    private static func unsafeDirectory(_ detail: String) -> DiskError {
        DiskError(.unsafeDirectory, operation: .open, detail: detail)
    }

    /// Source: `statfs(2)`; linux/magic.h.
    private static let remoteFileSystems: [Int64: String] = [
        0x6969: "NFS", 0x6573_5546: "FUSE", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB",
        0x517B: "SMB", 0x0102_1997: "9P", 0x00C3_6400: "Ceph", 0x5346_414F: "AFS",
        0x7375_7245: "Coda",
    ]
}
