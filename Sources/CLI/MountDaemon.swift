internal import ArgumentParser
internal import Encryption
internal import FUSEAdapter
internal import FileSystem
internal import Glibc
internal import Logging
internal import ObjectStorage
internal import Synchronization
internal import Telemetry

/// The process that serves a mount, from its checks to its end.
struct MountDaemon {
    private let command: MountCommand
    private let readiness: Readiness

    init(_ command: MountCommand) {
        self.command = command
        readiness = Readiness(descriptor: command.mount.readinessDescriptor)
    }

    /// Mounts, serves until the unmount, waits for uploads.
    /// - Throws: an exit code; the sentence has then been shown.
    func run() async throws {
        do throws(LaunchError) {
            try Signals.catchAll()
            let clocks = SystemClocks()
            let logger = try sink.makeLogger(level: command.mount.logLevel.level, clock: clocks)
            try harden()
            let mountPoint = try MountPoint(
                command.mountPoint, allowsContent: command.nonempty)
            let control = try ControlSocket(mountPoint: mountPoint.path)
            let parts = try await Wiring(command, clocks: clocks, logger: logger).assemble()
            let session = try makeSession(parts, mountPoint, logger)
            try await serve(session, parts, control, logger)
        } catch {
            readiness.tell(error.description)
            throw Failure.shown(error)
        }
    }

    private var sink: LogSink {
        if let path = command.mount.logFile { return .file(path) }
        return command.mount.readinessDescriptor == nil ? .standardError : .system
    }

    private func harden() throws(LaunchError) {
        do throws(EncryptionError) {
            try ProcessHardening.apply()
            try CryptographicLibrary.verify()
        } catch {
            throw LaunchError("The process cannot protect its keys: \(error)")
        }
    }

    private func makeSession(
        _ parts: Wiring.Parts, _ mountPoint: MountPoint, _ logger: Logger
    ) throws(LaunchError) -> FUSESession {
        let ttl = Duration.seconds(command.mount.attributeTTL)
        let options = MountOptions(
            sourceName: command.source.shownName, isReadOnly: command.mount.readOnly,
            allowsOthers: command.mount.allowOther, absenceValidity: ttl)
        let readiness = readiness
        do throws(MountError) {
            return try FUSESession(
                fileSystem: parts.fileSystem, at: mountPoint.path, options: options,
                logger: logger
            ) {
                readiness.tell(Readiness.word)
                logger.event(.notice, "mounted")
            }
        } catch {
            throw LaunchError(Advice.sentence(for: error, mountPoint: mountPoint.path))
        }
    }

    private func serve(
        _ session: FUSESession, _ parts: Wiring.Parts, _ control: ControlSocket,
        _ logger: Logger
    ) async throws(LaunchError) {
        let fileSystem = parts.fileSystem
        control.serve { fileSystem.pending }
        let hasUnmounted = Atomic(false)
        _ = LoopThread.start {
            let number = Signals.wait()
            logger.event(.notice, "ending on a signal", [.code: number])
            if !hasUnmounted.exchange(true, ordering: .acquiringAndReleasing) { session.unmount() }
        }
        do throws(MountError) {
            try await session.serve()
        } catch {
            throw LaunchError(Advice.sentence(for: error, mountPoint: command.mountPoint))
        }
        hasUnmounted.store(true, ordering: .releasing)
        await fileSystem.drain()
        let pending = fileSystem.pending
        logger.event(.notice, "unmounted", [.count: pending.held])
        control.close(final: pending)
    }
}
