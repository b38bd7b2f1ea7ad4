private import Glibc
package import ObjectStorage
package import Staging

extension FileSystemError {
    /// The error number that the calling process sees. The one place that chooses it.
    /// Source: `man 3 errno`; POSIX.1-2017 "Error Numbers".
    package var errno: Int32 {
        switch code {
        case .noEntry: ENOENT
        case .exists: EEXIST
        case .notDirectory: ENOTDIR
        case .isDirectory: EISDIR
        case .notEmpty: ENOTEMPTY
        case .notPermitted: EPERM
        case .accessDenied: EACCES
        case .readOnly: EROFS
        case .stale: ESTALE
        case .inputOutput: EIO
        case .noSpace: ENOSPC
        case .nameTooLong: ENAMETOOLONG
        case .invalidArgument: EINVAL
        case .illegalSequence: EILSEQ
        case .tooLarge: EFBIG
        case .busy: EBUSY
        case .notSupported: EOPNOTSUPP
        case .interrupted: EINTR
        case .badHandle: EBADF
        case .tooManyFiles: EMFILE
        case .timedOut: ETIMEDOUT
        }
    }

    /// The file system's view of a store's failure. Only `noSuchKey` becomes ENOENT.
    package init(_ error: ObjectStoreError, operation: String) {
        let code: Code =
            switch error.code {
            case .noSuchKey: .noEntry
            case .accessDenied, .credentialsRejected, .credentialsUnavailable: .accessDenied
            case .preconditionFailed, .conflict: .stale
            case .locked: .notPermitted
            case .tooLarge: .tooLarge
            case .quotaExceeded: .noSpace
            case .unsupported: .notSupported
            case .cancelled: .interrupted
            case .timedOut, .noSuchBucket, .noSuchUpload, .invalidPart, .clockSkewed, .invalidRange,
                .archived,
                .throttled, .serverFailure, .networkFailure, .untrustedServer,
                .encryptionNotConfirmed, .checksumMismatch, .malformedResponse, .invalidRequest,
                .localDisk, .localDataDamaged:
                .inputOutput
            }
        self.init(code, operation, cause: error)
    }

    /// The file system's view of a staging failure.
    package init(_ error: StagingError, operation: String) {
        let code: Code =
            switch error.code {
            case .quotaExceeded: .noSpace
            default: .inputOutput
            }
        self.init(code, operation, cause: error)
    }
}
