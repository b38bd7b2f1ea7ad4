private import Glibc

/// Why the local disk did not do what it was asked. Holds no path and no name.
package struct DiskError: Error, Hashable, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// ENOENT.
        case notFound
        /// EEXIST.
        case alreadyExists
        /// ENOSPC, EDQUOT, EFBIG: no room on the disk, in the user's quota or under a limit.
        case noSpace
        /// EROFS.
        case readOnly
        /// EACCES, EPERM.
        case accessDenied
        /// EIO, and everything else that says the device or its driver failed.
        case failed
        /// EMFILE, ENFILE.
        case tooManyOpenFiles
        /// ENOTDIR.
        case notADirectory
        /// EISDIR.
        case isADirectory
        /// ELOOP: a symbolic link where none may be.
        case symbolicLink
        /// ENOTEMPTY.
        case notEmpty
        /// EWOULDBLOCK of flock(2): another process holds it.
        case locked
        /// EOPNOTSUPP, ENOSYS, EXDEV: this file system cannot do it.
        case unsupported
        /// A name that is not one path component, or ENAMETOOLONG.
        case invalidName
        /// A directory that others can reach, or that is not on a local disk.
        case unsafeDirectory
        /// A file is longer than its reader takes.
        case tooLarge
    }

    package let code: Code
    package let operation: DiskOperation
    /// 0 when no system call failed.
    package let errno: Int32
    /// What was found, for `unsafeDirectory`; no path.
    package let detail: String?

    package init(
        _ code: Code, operation: DiskOperation, errno: Int32 = 0, detail: String? = nil
    ) {
        self.code = code
        self.operation = operation
        self.errno = errno
        self.detail = detail
    }

    /// The error of a failed system call.
    /// Source: `man 3 errno`.
    package init(errno number: Int32, operation: DiskOperation) {
        let code: Code =
            switch number {
            case ENOENT: .notFound
            case EEXIST: .alreadyExists
            case ENOSPC, EDQUOT, EFBIG: .noSpace
            case EROFS: .readOnly
            case EACCES, EPERM: .accessDenied
            case EMFILE, ENFILE: .tooManyOpenFiles
            case ENOTDIR: .notADirectory
            case EISDIR: .isADirectory
            case ELOOP: .symbolicLink
            case ENOTEMPTY: .notEmpty
            case EWOULDBLOCK: .locked
            case EOPNOTSUPP, ENOSYS, EXDEV: .unsupported
            case ENAMETOOLONG: .invalidName
            default: .failed
            }
        self.init(code, operation: operation, errno: number)
    }
}

extension DiskError: CustomStringConvertible {
    package var description: String {
        var text = "\(operation.rawValue): \(code.rawValue)"
        if errno != 0 { text += ", errno \(errno)" }
        if let detail { text += ", \(detail)" }
        return text
    }
}
