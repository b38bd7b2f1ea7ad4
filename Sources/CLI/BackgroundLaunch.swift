internal import Glibc

/// Starts the program once more in the background and waits until it says that it is ready.
///
/// Not by `fork`: after any Swift task has run, a forked child never runs tasks.
enum BackgroundLaunch {
    /// Runs `wardfs ARGUMENTS --foreground --readiness-descriptor N` detached from the terminal.
    /// - Returns: when the child is ready.
    /// - Throws: `LaunchError` with the child's own sentence when it failed.
    static func run(arguments: [String]) throws(LaunchError) {
        var ends: (Int32, Int32) = (-1, -1)
        let made = unsafe withUnsafeMutablePointer(to: &ends) { pair in
            // SAFETY: a pair of Int32 is laid out as the array of two that pipe2 fills.
            unsafe pair.withMemoryRebound(to: Int32.self, capacity: 2) { unsafe pipe($0) }
        }
        guard made == 0 else { throw LaunchError("No pipe could be made: \(SystemError.text).") }
        defer { close(ends.0) }
        // The child must see the end of the pipe only when it closes it itself.
        _ = fcntl(ends.0, F_SETFD, FD_CLOEXEC)
        let childArguments =
            ["wardfs"] + arguments
            + ["--foreground", "--readiness-descriptor", String(ends.1)]
        let status = spawn(childArguments)
        close(ends.1)
        guard status == 0 else {
            throw LaunchError("The background process could not be started (error \(status)).")
        }
        let answer = Descriptor.readAll(ends.0)
        if answer == Readiness.word { return }
        throw LaunchError(
            answer.isEmpty ? "The background process ended before it was ready." : answer)
    }

    /// POSIX_SPAWN_SETSID of `spawn.h`, a GNU extension that Swift does not import.
    private static let startsSession: Int16 = 0x80

    private static func spawn(_ arguments: [String]) -> Int32 {
        var attributes = posix_spawnattr_t()
        var actions = unsafe posix_spawn_file_actions_t()
        // SAFETY: both objects are initialised before and destroyed after their use.
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawn_file_actions_init(&actions)
        defer {
            unsafe posix_spawnattr_destroy(&attributes)
            unsafe posix_spawn_file_actions_destroy(&actions)
        }
        // A session of its own: no signal of the terminal reaches it.
        unsafe posix_spawnattr_setflags(&attributes, startsSession)
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var child = pid_t()
        // By its own path, so that the process has the program's name.
        let program = ProgramPath.own
        return unsafe ArgumentVector.with(arguments) { pointers in
            unsafe posix_spawn(&child, program, &actions, &attributes, pointers, environ)
        }
    }

}

/// Where this program lies.
private enum ProgramPath {
    static var own: String {
        let link = "/proc/self/exe"
        // SAFETY: realpath allocates the result, freed below.
        guard let resolved = unsafe realpath(link, nil) else { return link }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}

/// How a background process tells its starter how it went: one text, then the end of the pipe.
final class Readiness: Sendable {
    static let word = "ready"
    private let descriptor: Int32?

    init(descriptor: Int32?) {
        self.descriptor = descriptor
        if let descriptor { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }

    /// Call once.
    func tell(_ text: String) {
        guard let descriptor else { return }
        Descriptor.write(text, to: descriptor)
        close(descriptor)
    }
}
