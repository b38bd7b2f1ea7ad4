internal import Credentials
internal import Encryption
internal import FUSEAdapter
internal import FileSystem
internal import Glibc
internal import HTTP
internal import LocalDisk
internal import Logging
internal import Naming
internal import ObjectStorage
internal import ReadCache
internal import S3
internal import SigV4
internal import Staging
internal import Telemetry

/// Puts the layers together for one mount: the one place that knows all of them.
struct Wiring {
    /// What the mount's process works with.
    struct Parts: Sendable {
        let fileSystem: FileSystem
    }

    private let command: MountCommand
    private let clocks: SystemClocks
    private let logger: Logger
    private let counters = Counters()
    private let environment = EnvironmentVariables.all

    init(_ command: MountCommand, clocks: SystemClocks, logger: Logger) {
        self.command = command
        self.clocks = clocks
        self.logger = logger
    }

    /// Makes all parts and proves that the store can be reached.
    func assemble() async throws(LaunchError) -> Parts {
        let staging = try makeStaging()
        let store = try await StoreWiring(
            command, environment: environment, clocks: clocks, logger: logger, counters: counters
        ).makeStore()
        var cacheConfiguration = ReadCacheConfiguration()
        cacheConfiguration.memoryBudget = Int(clamping: command.mount.memory.bytes)
        let cache = ReadCache(
            store: store, configuration: cacheConfiguration, clock: clocks.continuous,
            logger: logger)
        let fileSystem = FileSystem(
            configuration: fileSystemConfiguration, store: store, staging: staging,
            uploads: UploadQueue(), cache: cache,
            namingGuard: NamingGuard(policy: NamingPolicy(mode: command.mount.guardMode)),
            inspector: ProcFSInspector(), clock: clocks, wallClock: clocks, logger: logger)
        return Parts(fileSystem: fileSystem)
    }

    private var fileSystemConfiguration: FileSystemConfiguration {
        var configuration = FileSystemConfiguration()
        configuration.isReadOnly = command.mount.readOnly
        configuration.uid = command.mount.uid ?? getuid()
        configuration.gid = command.mount.gid ?? getgid()
        configuration.umask = command.mount.umask.bits
        configuration.attributeTTL = .seconds(command.mount.attributeTTL)
        configuration.attributeSource = command.mount.attributes
        configuration.killedWriter = command.mount.killedWriter
        configuration.shownSize = command.mount.size.bytes
        return configuration
    }

    // MARK: Staging

    private func makeStaging() throws(LaunchError) -> StagingArea {
        let path = try stagingPath()
        let directory: DiskDirectory
        do throws(DiskError) {
            directory = try PrivateDirectory.open(path: path, creating: true)
        } catch {
            throw LaunchError(
                "The staging directory \(path) cannot be used: \(error). It must be a directory of "
                    + "this user, mode 0700, on a local disk; choose one with --staging-dir.")
        }
        do {
            return try StagingArea(
                directory: directory, disk: POSIXDisk(), masterKey: .ephemeral(),
                quotaBytes: command.mount.stagingSize.bytes, retention: .whileOpen)
        } catch {
            throw LaunchError("The staging area cannot be opened: \(error)")
        }
    }

    /// One directory per mount point, so that two mounts never share one.
    private func stagingPath() throws(LaunchError) -> String {
        if let path = command.mount.stagingDir { return path }
        let root: String
        if getuid() == 0 {
            root = "/var/lib/wardfs"
        } else if let state = environment["XDG_STATE_HOME"] {
            root = state + "/wardfs"
        } else if let home = environment["HOME"] {
            root = home + "/.local/state/wardfs"
        } else {
            throw LaunchError("There is no home directory: choose one with --staging-dir.")
        }
        let path = root + "/staging/" + MountPoint.identifier(of: command.mountPoint)
        makeParents(of: path)
        return path
    }

    /// The directories above the default staging directory; whether that is safe is checked when it
    /// is opened.
    private func makeParents(of path: String) {
        var made = ""
        for component in path.split(separator: "/").dropLast() {
            made += "/" + component
            // SAFETY: the path lives during the call.
            _ = unsafe mkdir(made, 0o700)
        }
    }
}

/// The machine's clocks: the one place where they are read.
struct SystemClocks: WallClock, MonotonicClock {
    /// Measures and waits; also while the machine sleeps.
    let continuous: any Clock<Duration> = ContinuousClock()

    private let origin = ContinuousClock.now

    func now() -> Timestamp {
        var time = timespec()
        // SAFETY: fills the structure that it is given; CLOCK_REALTIME never fails on Linux.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    func now() -> Duration {
        ContinuousClock.now - origin
    }
}
