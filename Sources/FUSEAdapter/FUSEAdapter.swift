internal import FileSystem
internal import Logging
internal import Telemetry

/// Turns kernel requests into file system calls. One per mount.
final class FUSEAdapter: Sendable {
    let fileSystem: FileSystem
    let interrupts = InterruptTable()
    /// How long the kernel may remember that a name is absent.
    let absenceValidity: Duration
    let ready: @Sendable () -> Void
    private let logger: Logger

    init(
        fileSystem: FileSystem, absenceValidity: Duration, logger: Logger,
        ready: @escaping @Sendable () -> Void
    ) {
        self.fileSystem = fileSystem
        self.absenceValidity = absenceValidity
        self.logger = logger
        self.ready = ready
    }

    /// Logs what a person should know of: not that a name does not exist.
    func note(_ error: FileSystemError) {
        switch error.code {
        case .inputOutput, .stale, .noSpace, .timedOut, .accessDenied:
            logger.event(.error, "request failed", [.error: error])
        case .noEntry, .exists, .notDirectory, .isDirectory, .notEmpty, .notPermitted, .readOnly,
            .nameTooLong, .invalidArgument, .illegalSequence, .tooLarge, .busy, .notSupported,
            .interrupted, .badHandle, .tooManyFiles:
            logger.event(.debug, "request refused", [.error: error])
        }
    }
}
