internal import LocalDisk

/// Why the staging area did not take or give bytes. Holds no name and no data.
package struct StagingError: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// The staging quota or the disk is full (ENOSPC).
        case quotaExceeded
        /// The disk is mounted read-only (EROFS).
        case readOnly
        /// The disk failed (EIO).
        case diskFailed
        /// Sealed bytes are not what was written: nothing of them is given out (EIO).
        case damaged
        /// An earlier failure of this file forbids to change or publish it (EIO).
        case poisoned
        /// The file was discarded (EIO).
        case discarded
        /// Bytes of the object below are needed first: `fill` them and try again.
        case baseContentMissing
        /// Behind the largest offset (EFBIG).
        case tooLarge
        /// The snapshot that is read was overwritten meanwhile.
        case changed
        /// Another process has the staging directory.
        case inUse
        /// OpenSSL refused, or the key does not fit (EIO).
        case cryptographyFailed
    }

    package let code: Code
    package let detail: String?
    package let cause: (any Error)?

    package init(_ code: Code, detail: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.detail = detail
        self.cause = cause
    }

    init(_ error: DiskError) {
        let code: Code =
            switch error.code {
            case .noSpace: .quotaExceeded
            case .readOnly: .readOnly
            default: .diskFailed
            }
        self.init(code, cause: error)
    }
}

extension StagingError: CustomStringConvertible {
    package var description: String {
        var text = "staging: \(code.rawValue)"
        if let detail { text += ", \(detail)" }
        if let cause { text += " (\(cause))" }
        return text
    }
}
