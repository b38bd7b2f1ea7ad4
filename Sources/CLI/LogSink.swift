internal import Glibc
internal import Logging
internal import ObjectStorage
internal import Telemetry

/// Where log lines go.
enum LogSink: Sendable {
    case standardError
    case file(String)
    /// syslog(3), and through it the journal.
    case system

    /// A logger that writes here.
    /// - Throws: `LaunchError` when the file cannot be opened.
    func makeLogger(
        level: Logger.Level, clock: any WallClock
    ) throws(LaunchError) -> Logger {
        let output = try makeOutput()
        let style: LineLogHandler.Style =
            if case .system = self { .journal } else { .timed }
        return Logger(label: "wardfs") { label in
            LineLogHandler(label: label, level: level, style: style, clock: clock, output: output)
        }
    }

    private func makeOutput() throws(LaunchError) -> LogOutput {
        switch self {
        case .standardError:
            return { Descriptor.write($0, to: STDERR_FILENO) }
        case .file(let path):
            let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw LaunchError("The log file cannot be opened: \(SystemError.text).")
            }
            return { Descriptor.write($0, to: descriptor) }
        case .system:
            return { line in
                // The priority at the head is syslog's own form too; syslog adds the time itself.
                let text = String(decoding: line, as: UTF8.self)
                // SAFETY: the format has one %s, and the C string lives during the call.
                unsafe text.withCString { text in
                    unsafe withVaList([text]) { unsafe vsyslog(LOG_DAEMON | LOG_NOTICE, "%s", $0) }
                }
            }
        }
    }
}
