internal import Telemetry

/// Why the file system refuses or fails a request. The errno of each code is chosen in
/// `FileSystemError+Errno.swift`.
package struct FileSystemError: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        case noEntry
        case exists
        case notDirectory
        case isDirectory
        case notEmpty
        /// The naming guard or the kind of operation forbids it.
        case notPermitted
        /// The store denies access.
        case accessDenied
        case readOnly
        /// The object was changed or removed by someone else.
        case stale
        case inputOutput
        case noSpace
        case nameTooLong
        case invalidArgument
        /// The name is no UTF-8.
        case illegalSequence
        case tooLarge
        case busy
        case notSupported
        case interrupted
        case badHandle
        case tooManyFiles
        case timedOut
    }

    package let code: Code
    /// The operation that failed, such as `rename`.
    package let operation: String
    package let cause: (any Error)?

    package init(_ code: Code, _ operation: String, cause: (any Error)? = nil) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }
}

extension FileSystemError: CustomStringConvertible {
    package var description: String {
        let reason = cause.map { " (\($0))" } ?? ""
        return "\(operation): \(code.rawValue)\(reason)"
    }
}

extension FileSystemError: LogSafe {}
