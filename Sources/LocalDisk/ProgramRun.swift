private import Glibc

/// Why a program gave no output.
package struct ProgramError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// It could not be started: absent, not executable, or the system is out of processes.
        case notStarted
        /// It did not end in time and was killed with all that it started.
        case timedOut
        /// It printed more than its reader takes, and was killed.
        case tooMuchOutput
    }

    package let code: Code
    /// 0 when no system call failed.
    package let errno: Int32

    package init(_ code: Code, errno: Int32 = 0) {
        self.code = code
        self.errno = errno
    }
}

/// Runs programs of the user's choice, such as a `credential_process`.
package protocol ProgramRunner: Sendable {
    /// Runs a program to its end and takes what it prints. Blocks: call it on own threads.
    ///
    /// The program gets no input, its errors go where this process's go, and it is killed with its
    /// children when `timeout` passes.
    /// - Parameters:
    ///   - arguments: the program, looked up in this process's PATH, and its arguments.
    ///   - environment: all variables of the program.
    ///   - outputLimit: bytes.
    /// - Returns: the exit code, or minus the signal that ended it, and its output.
    func run(
        _ arguments: [String], environment: [String: String], timeout: Duration, outputLimit: Int
    ) throws(ProgramError) -> (status: Int32, output: [UInt8])
}

/// The programs of this machine, through `posix_spawn(3)`.
package struct POSIXProgramRunner: ProgramRunner {
    package init() {}

    package func run(
        _ arguments: [String], environment: [String: String], timeout: Duration, outputLimit: Int
    ) throws(ProgramError) -> (status: Int32, output: [UInt8]) {
        let deadline = Self.now() + timeout
        let (child, reading) = try Self.start(arguments, environment)
        defer { close(reading) }
        var output: [UInt8] = []
        do throws(ProgramError) {
            try Self.readAll(reading, into: &output, limit: outputLimit, until: deadline)
            return (try Self.wait(for: child, until: deadline), output)
        } catch {
            // Its own process group: what it started ends too.
            kill(-child, SIGKILL)
            // SAFETY: no status is asked for.
            waitpid(child, nil, 0)
            throw error
        }
    }

    private static func readAll(
        _ descriptor: Int32, into output: inout [UInt8], limit: Int, until deadline: Duration
    ) throws(ProgramError) {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = milliseconds(until: deadline)
            // SAFETY: one pollfd; read(2) writes at most the chunk's size.
            guard left > 0, unsafe poll(&waited, 1, left) != 0 else {
                throw ProgramError(.timedOut)
            }
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            guard output.count + count <= limit else { throw ProgramError(.tooMuchOutput) }
            output += chunk[..<count]
        }
    }

    private static func wait(
        for child: pid_t, until deadline: Duration
    ) throws(ProgramError) -> Int32 {
        var status: Int32 = 0
        // It closed its output: it nearly always ends at once.
        // SAFETY: waitpid(2) stores one status; poll(2) only waits.
        while unsafe waitpid(child, &status, WNOHANG) == 0 {
            guard milliseconds(until: deadline) > 0 else { throw ProgramError(.timedOut) }
            poll(nil, 0, 5)
        }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
    }

    private static func start(
        _ arguments: [String], _ environment: [String: String]
    ) throws(ProgramError) -> (child: pid_t, output: Int32) {
        guard let program = arguments.first else { throw ProgramError(.notStarted) }
        var ends: [Int32] = [-1, -1]
        // SAFETY: pipe(2) stores two descriptors.
        guard unsafe pipe(&ends) == 0 else { throw ProgramError(.notStarted, errno: errno) }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(writing) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // SAFETY: both are initialised before use and destroyed after it.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, writing, 1)
        var attributes = posix_spawnattr_t()
        setAttributes(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }

        var child: pid_t = 0
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let result = unsafe withPointers(arguments) { argv in
            unsafe withPointers(variables) { envp in
                unsafe posix_spawnp(&child, program, &actions, &attributes, argv, envp)
            }
        }
        guard result == 0 else {
            close(reading)
            throw ProgramError(.notStarted, errno: result)
        }
        return (child, reading)
    }

    /// Its own process group, and signals as a shell would leave them.
    private static func setAttributes(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        var all = sigset_t()
        // SAFETY: each call fills or reads one structure of ours.
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    private static func withPointers<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        // SAFETY: each copy is freed after the call; the array ends with nil, as execve(2) asks.
        var pointers = unsafe texts.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe body(&pointers)
    }

    private static func milliseconds(until deadline: Duration) -> Int32 {
        let left = deadline - now()
        guard left > .zero else { return 0 }
        return Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up)))
    }

    /// The monotonic clock that poll(2) waits by.
    private static func now() -> Duration {
        var time = timespec()
        // SAFETY: the call fills one timespec.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
