internal import ArgumentParser
internal import Glibc

/// Why a command could not do its work: one sentence that says what to do. It is shown to the
/// person who gave the command, never logged.
struct LaunchError: Error, CustomStringConvertible {
    let description: String
    let exitCode: ExitCode

    init(_ description: String, _ exitCode: ExitCode = .mountFailed) {
        self.description = description
        self.exitCode = exitCode
    }
}

/// The text of the last failed system call.
enum SystemError {
    static var text: String {
        let code = errno
        // SAFETY: strerror's text is constant for known codes.
        return unsafe String(cString: strerror(code))
    }
}
