internal import Glibc
internal import ObjectStorage

/// Follows the uploads of a mount that is going away, as its process tells them.
struct UploadProgress {
    enum End {
        case finished(held: Int)
        /// The process ended without a last word.
        case processEnded
        case timedOut
    }

    private let descriptor: Int32

    /// Connects to the mount's process; nil when it is gone.
    init?(mountPoint: String) throws(LaunchError) {
        let path = try ControlSocket.path(mountPoint: mountPoint)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw LaunchError("No socket could be made: \(SystemError.text).")
        }
        guard unsafe UnixAddress.with(path, { unsafe connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
    }

    /// Shows on a terminal what is left, until the process has ended.
    func follow(timeoutSeconds: Int, clock: any MonotonicClock) -> End {
        defer { close(descriptor) }
        let showsProgress = isatty(STDERR_FILENO) == 1
        let deadline = clock.now() + .seconds(timeoutSeconds)
        var text = ""
        var held: Int?
        while clock.now() < deadline {
            var events = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // SAFETY: one structure, valid for the call.
            guard unsafe poll(&events, 1, 500) > 0 else { continue }
            guard let some = Descriptor.readSome(descriptor), !some.isEmpty else {
                if showsProgress { Descriptor.write("\r\u{1B}[K", to: STDERR_FILENO) }
                return held.map { .finished(held: $0) } ?? .processEnded
            }
            text += String(decoding: some, as: UTF8.self)
            while let end = text.firstIndex(of: "\n") {
                let line = text[..<end]
                if line.hasPrefix("done held=") { held = Int(line.dropFirst(10)) }
                if showsProgress, let left = Self.publications(line), left > 0 {
                    Descriptor.write(
                        "\r\u{1B}[KUploading: \(left) file(s) left", to: STDERR_FILENO)
                }
                text.removeSubrange(...end)
            }
        }
        return .timedOut
    }

    private static func publications(_ line: Substring) -> Int? {
        guard line.hasPrefix("publications=") else { return nil }
        return Int(line.dropFirst(13).prefix { $0 != " " })
    }
}
