package import ArgumentParser

/// Where the program begins.
package enum CommandLineEntry {
    /// Parses the arguments, runs the command and exits.
    package static func run() async {
        let arguments = MountHelperForm.normalized(Array(CommandLine.arguments.dropFirst()))
        await WardFSCommand.main(arguments)
    }
}

/// `wardfs`, the program.
package struct WardFSCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "wardfs",
        abstract: "Mounts an S3 bucket as a directory that is safe for patient data.",
        discussion: """
            What reaches the bucket is encrypted, private, whole and not named after a patient.

              wardfs mount s3://my-bucket /mnt/s3
              wardfs unmount /mnt/s3
            """,
        subcommands: [MountCommand.self, UnmountCommand.self, VersionCommand.self])

    package init() {}
}
