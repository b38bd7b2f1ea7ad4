internal import Encryption
internal import FUSEAdapter
internal import FileSystem
internal import Glibc
internal import Synchronization

/// The Unix socket on which a mount's process tells what it still has to upload.
///
/// One line per quarter second, `publications=N held=N`; `done held=N` is the last. Only the user
/// of the mount can reach it: it lies in a directory of mode 0700.
final class ControlSocket: Sendable {
    private static let interval: Int32 = 250

    private let descriptor: Int32
    private let path: String
    private let final = Mutex<FileSystem.Pending?>(nil)
    private let clients = Mutex(0)

    /// Where the socket of a mount lies. The mount point is hashed: a path may hold a name.
    static func path(mountPoint: String) throws(LaunchError) -> String {
        let directory = try RuntimeDirectory.path()
        return directory + "/" + MountPoint.identifier(of: mountPoint) + ".sock"
    }

    /// Makes the socket, taking the place of one that a dead process left.
    init(mountPoint: String) throws(LaunchError) {
        path = try Self.path(mountPoint: mountPoint)
        unsafe unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw LaunchError("No control socket could be made: \(SystemError.text).")
        }
        guard unsafe UnixAddress.with(path, { unsafe bind(descriptor, $0, $1) }) == 0,
            listen(descriptor, 8) == 0
        else {
            let reason = SystemError.text
            Glibc.close(descriptor)
            throw LaunchError("The control socket could not be bound: \(reason).")
        }
    }

    /// Answers clients from threads of its own until `close`.
    func serve(_ pending: @escaping @Sendable () -> FileSystem.Pending) {
        _ = LoopThread.start { [self] in
            while true {
                let client = accept(descriptor, nil, nil)
                if client < 0 {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                clients.withLock { $0 += 1 }
                let isStarted = LoopThread.start { [self] in
                    tell(client, pending)
                    clients.withLock { $0 -= 1 }
                }
                if !isStarted { Glibc.close(client) }
            }
        }
    }

    private func tell(_ client: Int32, _ pending: () -> FileSystem.Pending) {
        defer { Glibc.close(client) }
        while true {
            if let last = final.withLock({ $0 }) {
                _ = Self.send("done held=\(last.held)\n", to: client)
                return
            }
            let now = pending()
            guard Self.send("publications=\(now.publications) held=\(now.held)\n", to: client)
            else { return }
            // Waits for the client to hang up, at most until the next line is due.
            var events = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
            // SAFETY: one structure, valid for the call.
            if unsafe poll(&events, 1, Self.interval) > 0 { return }
        }
    }

    /// Tells the clients the end, and waits until they have heard it.
    func close(final pending: FileSystem.Pending) {
        final.withLock { $0 = pending }
        // A client that connected just before the unmount may not be accepted yet.
        var rounds = 0
        var queue = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // SAFETY: one structure, valid for the call.
        while rounds < 8, unsafe poll(&queue, 1, 0) > 0 {
            // SAFETY: no descriptors: waits for the interval.
            poll(nil, 0, Self.interval / 8)
            rounds += 1
        }
        shutdown(descriptor, Int32(SHUT_RDWR))
        // Each client's thread sees the end within one interval.
        rounds = 0
        while clients.withLock({ $0 > 0 }), rounds < 8 {
            // SAFETY: no descriptors: waits for the interval.
            poll(nil, 0, Self.interval / 2)
            rounds += 1
        }
        Glibc.close(descriptor)
        unsafe unlink(path)
    }

    private static func send(_ text: String, to client: Int32) -> Bool {
        let bytes = Array(text.utf8)
        // SAFETY: sends the buffer's bytes.
        let count = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        return count == bytes.count
    }
}

/// The directory for sockets of running mounts.
enum RuntimeDirectory {
    /// `/run/wardfs` for root, else below `XDG_RUNTIME_DIR`, else in `/tmp`; mode 0700 and ours.
    static func path() throws(LaunchError) -> String {
        let path: String
        if getuid() == 0 {
            path = "/run/wardfs"
        } else if let runtime = EnvironmentVariables.all["XDG_RUNTIME_DIR"] {
            path = runtime + "/wardfs"
        } else {
            path = "/tmp/wardfs-\(getuid())"
        }
        unsafe mkdir(path, 0o700)
        var status = stat()
        // SAFETY: fills the structure that it is given.
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
            status.st_uid == getuid(), status.st_mode & 0o077 == 0
        else {
            throw LaunchError("The directory \(path) is not a private directory of this user.")
        }
        return path
    }
}

/// The environment of the process.
enum EnvironmentVariables {
    static var all: [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        // SAFETY: the environment ends with a null pointer and is not changed while it is read.
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            unsafe next += 1
        }
        return variables
    }
}

/// `struct sockaddr_un`.
enum UnixAddress {
    /// Calls `body` with the address of a path; -1 when the path is too long.
    static func with(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity else { return -1 }
        // SAFETY: the path fits, and the structure lives during the call.
        return unsafe withUnsafeMutableBytes(of: &address) { raw in
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            for (index, byte) in bytes.enumerated() { unsafe raw[offset + index] = byte }
            guard let base = raw.baseAddress else { return -1 }
            return unsafe body(
                UnsafePointer(base.assumingMemoryBound(to: sockaddr.self)),
                socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
