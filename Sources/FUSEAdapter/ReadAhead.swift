internal import Glibc

/// How far the kernel reads ahead on a mount: by default 128 KiB, a third slower than the 1 MiB
/// that one request can carry.
enum ReadAhead {
    /// Two requests: while one is answered the next is under way.
    private static let kibibytes = 2048

    /// Widens it where this user may (root); elsewhere nothing changes.
    ///
    /// Asks for the mount point's device, which the session's own threads answer: call when they
    /// run, from another thread.
    /// Source: Linux `Documentation/ABI/testing/sysfs-class-bdi`.
    static func widen(mountPoint: String) {
        var status = Glibc.stat()
        // SAFETY: fills the structure that it is given.
        guard unsafe stat(mountPoint, &status) == 0 else { return }
        // As `man 3 makedev` packs them; the macros are not imported.
        let device = UInt64(status.st_dev)
        let major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfff)
        let minor = (device & 0xff) | (device >> 12 & ~0xff)
        // SAFETY: the path lives during the call.
        let file = unsafe open(
            "/sys/class/bdi/\(major):\(minor)/read_ahead_kb", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        // SAFETY: writes the text's bytes; a kernel that refuses keeps its default.
        _ = unsafe Array("\(kibibytes)\n".utf8).withUnsafeBytes {
            unsafe write(file, $0.baseAddress, $0.count)
        }
    }
}
