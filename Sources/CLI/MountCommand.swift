internal import ArgumentParser
internal import Glibc

/// `wardfs mount SOURCE MOUNTPOINT`
struct MountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Mounts a bucket, or a local encrypted directory.",
        discussion: """
            Returns when the mount is ready; the program then serves it in the background.

              wardfs mount s3://my-bucket /mnt/s3
              wardfs mount s3://my-bucket/prefix /mnt/s3 --sse kms --kms-key-id alias/phi
              wardfs mount dir:/srv/objects /mnt/s3 --key-file /etc/wardfs/objects.key

            In fstab: s3://my-bucket /mnt/s3 fuse.wardfs _netdev,allow_other 0 0
            """)

    @Argument(help: "s3://BUCKET[/PREFIX] or dir:/PATH")
    var source: MountSource

    @Argument(help: "The directory to mount on.")
    var mountPoint: String

    @OptionGroup(title: "Store") var store: StoreArguments
    @OptionGroup(title: "Mount") var mount: MountArguments

    @Flag(help: "Mount over a directory that is not empty.")
    var nonempty = false

    func run() async throws {
        if mount.foreground {
            try await MountDaemon(self).run()
            return
        }
        do throws(LaunchError) {
            // Says what is wrong at once, and not from a process that nobody sees.
            _ = try MountPoint(mountPoint, allowsContent: nonempty)
            let arguments = MountHelperForm.normalized(Array(CommandLine.arguments.dropFirst()))
            try BackgroundLaunch.run(arguments: arguments)
        } catch {
            throw Failure.shown(error)
        }
    }
}

/// Ends a command with a sentence on standard error and an exit code.
enum Failure {
    static func shown(_ error: LaunchError) -> ExitCode {
        Descriptor.write("wardfs: \(error.description)\n", to: STDERR_FILENO)
        return error.exitCode
    }
}
