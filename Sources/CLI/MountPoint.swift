internal import Encryption
internal import Glibc

/// The directory to mount on.
struct MountPoint: Sendable {
    /// Absolute, without links.
    let path: String

    /// - Parameter allowsContent: mount over files that would then be hidden.
    /// - Throws: `LaunchError` when it is missing, no directory, not empty or mounted on already.
    init(_ text: String, allowsContent: Bool) throws(LaunchError) {
        // SAFETY: realpath allocates the result, freed below.
        guard let resolved = unsafe realpath(text, nil) else {
            throw LaunchError(
                "The mount point \(text) cannot be used: \(SystemError.text). Make it with: "
                    + "mkdir -p \(text)")
        }
        defer { unsafe free(resolved) }
        path = unsafe String(cString: resolved)
        if Self.isMounted(path) {
            throw LaunchError(
                "Something is mounted on \(path) already. Unmount it with: wardfs unmount \(path)")
        }
        guard let entries = Self.entryCount(path) else {
            throw LaunchError("The mount point \(path) is not a readable directory.")
        }
        guard entries == 0 || allowsContent else {
            throw LaunchError(
                "The mount point \(path) is not empty: its files would be hidden. Empty it, or "
                    + "mount with -o nonempty.")
        }
    }

    /// Whether the kernel's table has a mount at exactly this path.
    /// Source: `man 5 proc_pid_mountinfo`.
    static func isMounted(_ path: String) -> Bool {
        guard let table = Descriptor.readFile("/proc/self/mountinfo") else { return false }
        return table.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && unescaped(fields[4]) == path
        }
    }

    /// Blank, tab, line feed and backslash stand in octal.
    private static func unescaped(_ field: Substring) -> String {
        String(field).replacing("\\040", with: " ").replacing("\\011", with: "\t")
            .replacing("\\012", with: "\n").replacing("\\134", with: "\\")
    }

    private static func entryCount(_ path: String) -> Int? {
        // SAFETY: the stream is closed below; only whether entries exist is read.
        guard let stream = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(stream) }
        var count = -2
        while unsafe readdir(stream) != nil { count += 1 }
        return max(0, count)
    }
}

extension MountPoint {
    /// A name for a mount point's own files. Hashed: a path may hold a name.
    static func identifier(of path: String) -> String {
        SHA256.digest(of: Array(path.utf8).span).prefix(16).map { byte in
            let hex = String(byte, radix: 16)
            return hex.utf8.count == 1 ? "0" + hex : hex
        }.joined()
    }
}
