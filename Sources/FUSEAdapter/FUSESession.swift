internal import CLibFUSE3
package import FileSystem
internal import Glibc
package import Logging
internal import Synchronization

/// One mount: the session with the kernel and the threads that serve it.
///
/// `@unchecked Sendable`: libfuse's session may be used by many threads; `mountPoint` is written
/// once before the threads start.
@safe package final class FUSESession: @unchecked Sendable {
    private let adapter: FUSEAdapter
    private let session: OpaquePointer
    private let threads: Int

    private struct State {
        var running = 0
        var continuation: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Makes a session and mounts it.
    /// - Parameter ready: called once, when the kernel and the session have agreed.
    /// - Throws: any code of `MountError`.
    package init(
        fileSystem: FileSystem, at mountPoint: String, options: MountOptions, logger: Logger,
        ready: @escaping @Sendable () -> Void
    ) throws(MountError) {
        guard unsafe access("/dev/fuse", R_OK | W_OK) == 0 else {
            throw MountError(code: .deviceUnavailable)
        }
        wardfs_silence_libfuse()
        adapter = FUSEAdapter(
            fileSystem: fileSystem, absenceValidity: options.absenceValidity, logger: logger,
            ready: {
                ready()
                _ = LoopThread.start { ReadAhead.widen(mountPoint: mountPoint) }
            })
        threads = options.threads
        // SAFETY: the adapter is held by this session as long as the C session lives.
        let userData = unsafe Unmanaged.passUnretained(adapter).toOpaque()
        guard let session = unsafe Self.makeSession(options.argument, userData) else {
            throw MountError(code: .invalidOptions)
        }
        unsafe self.session = session
        guard unsafe fuse_session_mount(session, mountPoint) == 0 else {
            unsafe fuse_session_destroy(session)
            throw MountError(code: .mountPointRefused)
        }
    }

    deinit {
        // SAFETY: no thread serves the session any more: `serve` has returned, or never began.
        unsafe fuse_session_destroy(session)
    }

    private static func makeSession(
        _ options: String, _ userData: UnsafeMutableRawPointer
    ) -> OpaquePointer? {
        var operations = makeOperations()
        var arguments = unsafe fuse_args()
        // SAFETY: libfuse copies the arguments and the operations; `arguments` is freed below.
        unsafe fuse_opt_add_arg(&arguments, "wardfs")
        unsafe fuse_opt_add_arg(&arguments, "-o\(options)")
        defer { unsafe fuse_opt_free_args(&arguments) }
        return unsafe fuse_session_new(
            &arguments, &operations, MemoryLayout<fuse_lowlevel_ops>.size, userData)
    }

    /// Serves requests until the file system is unmounted or `stop` is called.
    /// - Throws: `outOfResources` when no thread could be started.
    package func serve() async throws(MountError) {
        let started: Int = await withCheckedContinuation { continuation in
            var started = 0
            state.withLock { $0.running = threads }
            for _ in 0..<threads where LoopThread.start({ self.loop() }) { started += 1 }
            state.withLock { $0.running -= threads - started }
            continuation.resume(returning: started)
        }
        guard started > 0 else { throw MountError(code: .outOfResources) }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.running == 0 { return true }
                state.continuation = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Takes the mount away from the directory tree: new opens fail, and `serve` returns when the
    /// last file is closed.
    package func unmount() {
        // SAFETY: may be called once from any thread; libfuse then forgets the mount point.
        unsafe fuse_session_unmount(session)
    }

    private func loop() {
        var buffer = unsafe fuse_buf()
        while unsafe fuse_session_exited(session) == 0 {
            // SAFETY: libfuse allocates the buffer on first use; it is this thread's alone.
            let count = unsafe fuse_session_receive_buf(session, &buffer)
            if count == -EINTR { continue }
            if count <= 0 { break }
            unsafe fuse_session_process_buf(session, &buffer)
        }
        // SAFETY: `mem` is null or from malloc in libfuse.
        unsafe free(buffer.mem)
        unsafe fuse_session_exit(session)
        let continuation = state.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return CheckedContinuation<Void, Never>?.none }
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume()
    }
}
