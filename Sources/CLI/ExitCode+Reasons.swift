internal import ArgumentParser

/// The exit codes of the program. Source: `sysexits.h`; the first two as ArgumentParser has them.
extension ExitCode {
    /// The mount could not be made, or ended with an error.
    static let mountFailed = ExitCode(1)
    /// Unmounted, but files are held that were never published.
    static let filesHeld = ExitCode(3)
    /// The unmount did not finish in time; uploads go on.
    static let stillUploading = ExitCode(4)
    /// The mount point is in use.
    static let busy = ExitCode(5)
}
