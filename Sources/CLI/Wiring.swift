internal import FileSystem
internal import Logging
internal import ObjectStorage

/// Puts the layers together for one mount: the one place that knows all of them.
struct Wiring {
    struct Parts: Sendable {
        let fileSystem: FileSystem
    }
    private let command: MountCommand
    private let clocks: SystemClocks
    private let logger: Logger

    init(_ command: MountCommand, clocks: SystemClocks, logger: Logger) {
        self.command = command
        self.clocks = clocks
        self.logger = logger
    }

    func assemble() async throws(LaunchError) -> Parts {
        throw LaunchError("x")
    }
}
