package import HTTP
package import LocalDisk
package import Logging
package import ObjectStorage

/// What the user says about credentials.
package struct CredentialSettings: Sendable {
    /// The process's variables.
    package var environment: [String: String]
    /// The profile that the user named for this program; it goes before every variable, the keys in
    /// the environment included.
    package var profile: String?
    /// Whether the instance metadata may be asked without a token (IMDSv1).
    package var allowsMetadataVersion1 = false

    package init(environment: [String: String], profile: String? = nil) {
        self.environment = environment
        self.profile = profile
    }
}

/// The world outside, as credentials are found in it.
package struct CredentialSurroundings: Sendable {
    package var transport: any HTTPTransport
    package var disk: any Disk
    package var programs: any ProgramRunner
    /// Runs what blocks: files and programs.
    package var executor: BlockingExecutor
    package var wallClock: any WallClock
    /// For pauses between tries.
    package var clock: any Clock<Duration>
    package var logger: Logger

    package init(
        transport: any HTTPTransport, disk: any Disk, programs: any ProgramRunner,
        executor: BlockingExecutor, wallClock: any WallClock, clock: any Clock<Duration>,
        logger: Logger
    ) {
        self.transport = transport
        self.disk = disk
        self.programs = programs
        self.executor = executor
        self.wallClock = wallClock
        self.clock = clock
        self.logger = logger
    }

    var files: CredentialFiles { CredentialFiles(disk: disk, executor: executor) }
}
