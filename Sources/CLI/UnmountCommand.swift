internal import ArgumentParser
internal import Glibc

/// `wardfs unmount MOUNTPOINT`
struct UnmountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmount",
        abstract: "Unmounts, and waits until all files are uploaded.",
        discussion: """
            Exit codes: 0 all uploaded; 3 files are held that were not published; 4 uploads go on \
            after the time given; 5 the mount point is in use.
            """)

    @Argument(help: "The directory that was mounted on.")
    var mountPoint: String

    @Option(help: "Seconds to wait for uploads.")
    var timeout = 3600

    func run() throws {
        let path: String
        let progress: UploadProgress?
        do throws(LaunchError) {
            path = try resolved()
            progress = try UploadProgress(mountPoint: path)
            try Unmounting.unmount(path)
        } catch {
            throw Failure.shown(error)
        }
        guard let progress else { return }
        switch progress.follow(timeoutSeconds: timeout, clock: SystemClocks()) {
        case .finished(let held) where held > 0:
            throw Failure.shown(
                LaunchError(
                    "Unmounted, but \(held) file(s) were never published: their writers were told "
                        + "an error, or were killed.", .filesHeld))
        case .finished: return
        case .processEnded:
            throw Failure.shown(
                LaunchError(
                    "Unmounted, but the mount's process ended without telling whether all files "
                        + "were uploaded: see its log.", .filesHeld))
        case .timedOut:
            throw Failure.shown(
                LaunchError("Unmounted; uploads go on in the background.", .stillUploading))
        }
    }

    /// The absolute path; the mount point itself may be dead and refuse `realpath`.
    private func resolved() throws(LaunchError) -> String {
        // SAFETY: realpath allocates the result, freed below.
        if let resolved = unsafe realpath(mountPoint, nil) {
            defer { unsafe free(resolved) }
            let path = unsafe String(cString: resolved)
            guard MountPoint.isMounted(path) else {
                throw LaunchError("Nothing is mounted on \(path).")
            }
            return path
        }
        if MountPoint.isMounted(mountPoint) { return mountPoint }
        throw LaunchError("Nothing is mounted on \(mountPoint).")
    }
}

/// Takes a mount out of the directory tree.
enum Unmounting {
    static func unmount(_ path: String) throws(LaunchError) {
        if getuid() == 0 {
            if unsafe umount2(path, Int32(UMOUNT_NOFOLLOW)) == 0 { return }
            let isBusy = errno == EBUSY
            throw LaunchError(
                "\(path) cannot be unmounted: \(SystemError.text).", isBusy ? .busy : .mountFailed)
        }
        try runFusermount(path)
    }

    private static func runFusermount(_ path: String) throws(LaunchError) {
        var child = pid_t()
        let status = unsafe ArgumentVector.with(["fusermount3", "-u", path]) { pointers in
            unsafe posix_spawnp(&child, "fusermount3", nil, nil, pointers, environ)
        }
        guard status == 0 else {
            throw LaunchError("fusermount3 is not installed. Install the package fuse3.")
        }
        var end: Int32 = 0
        // SAFETY: fills the status.
        while unsafe waitpid(child, &end, 0) < 0, errno == EINTR {}
        guard end == 0 else {
            throw LaunchError("\(path) cannot be unmounted: it is in use.", .busy)
        }
    }
}
