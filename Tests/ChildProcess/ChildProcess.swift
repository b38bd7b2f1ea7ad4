private import Glibc
private import ObjectStorage
private import Synchronization

/// Why a child process could not be used.
package struct ChildProcessError: Error, Sendable {
    package let call: String
    package let code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }
}

/// A program that a test starts, reads from and ends by its process id. Tests only.
package final class ChildProcess: Sendable {
    package let identifier: Int32
    private let output: Int32
    private let state = Mutex(State())

    private struct State {
        var pending: [UInt8] = []
        var status: Int32?
    }

    /// Starts a program found on PATH; its standard output can be read, its errors go to the
    /// test's.
    /// - Parameter environment: added to the test's own.
    package init(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws(ChildProcessError) {
        (identifier, output) = try Self.spawning.withLock { _ throws(ChildProcessError) in
            try Self.spawn(arguments, Self.merged(environment))
        }
    }

    deinit {
        terminate()
        close(output)
    }

    /// The next line without its end; nil when the program closed its output.
    package func readLine() -> String? {
        while true {
            let line: String? = state.withLock { state in
                guard let end = state.pending.firstIndex(of: 10) else { return nil }
                defer { state.pending.removeSubrange(...end) }
                return String(decoding: state.pending[..<end], as: UTF8.self)
            }
            if let line { return line }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = unsafe read(output, &chunk, chunk.count)
            guard count > 0 else {
                let rest = state.withLock { state in
                    defer { state.pending = [] }
                    return state.pending
                }
                return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
            }
            state.withLock { $0.pending += chunk[..<count] }
        }
    }

    /// Sends SIGKILL to this very process and waits for its end.
    package func terminate() {
        state.withLock { state in
            guard state.status == nil else { return }
            kill(identifier, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(identifier, &status, 0)
            state.status = status
        }
    }

    /// Waits for the program's own end.
    /// - Returns: its exit code, or minus the signal that ended it.
    package func wait() -> Int32 {
        state.withLock { state in
            var status = state.status ?? 0
            if state.status == nil {
                unsafe waitpid(identifier, &status, 0)
                state.status = status
            }
            return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
        }
    }

    /// A variable of the test's environment.
    package static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// The path of a script in Tests/Servers.
    package static func script(_ name: String, from file: String = #filePath) -> String {
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(tests)/Servers/\(name)"
    }

    /// Held from a pipe's making to the spawn's end: no other child may inherit the pipe.
    private static let spawning = Mutex(())

    private static func spawn(
        _ arguments: [String], _ variables: [String]
    ) throws(ChildProcessError) -> (child: pid_t, output: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw error("pipe") }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(writing) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, writing, 1)
        var child: pid_t = 0
        let result = unsafe withPointers(arguments) { argv in
            unsafe withPointers(variables) { envp in
                unsafe posix_spawnp(&child, arguments[0], &actions, nil, argv, envp)
            }
        }
        guard result == 0 else {
            close(reading)
            throw ChildProcessError(call: "posix_spawnp", code: result)
        }
        return (child, reading)
    }

    private static func error(_ call: String) -> ChildProcessError {
        ChildProcessError(call: call, code: errno)
    }

    private static func merged(_ added: [String: String]) -> [String] {
        var all: [String] = []
        var next = unsafe environ
        while let text = unsafe next.pointee {
            let variable = unsafe String(cString: text)
            let name = String(variable.prefix { $0 != "=" })
            if added[name] == nil { all.append(variable) }
            unsafe next += 1
        }
        return all + added.map { "\($0.key)=\($0.value)" }
    }

    private static func withPointers<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
    ) rethrows -> Result {
        var pointers = unsafe texts.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe try body(&pointers)
    }
}
