/// How the kernel is asked to mount.
package struct MountOptions: Hashable, Sendable {
    /// What `mount` and `df` show as the source: the scheme and bucket, no key.
    package var sourceName: String
    package var isReadOnly: Bool
    /// Users other than the one that mounts may come in; permissions are then checked by the
    /// kernel.
    package var allowsOthers: Bool
    /// Loop threads, 1 to 16.
    package var threads: Int
    /// How long the kernel may remember that a name is absent.
    package var absenceValidity: Duration

    package init(
        sourceName: String, isReadOnly: Bool, allowsOthers: Bool, threads: Int = 4,
        absenceValidity: Duration
    ) {
        self.sourceName = sourceName
        self.isReadOnly = isReadOnly
        self.allowsOthers = allowsOthers
        self.threads = threads
        self.absenceValidity = absenceValidity
    }

    /// As libfuse takes them. A comma in the source's name would end the option.
    var argument: String {
        var options = [
            "fsname=" + sourceName.replacing(",", with: "_"), "subtype=wardfs", "nosuid", "nodev",
            "noatime", "default_permissions",
        ]
        options.append(isReadOnly ? "ro" : "rw")
        if allowsOthers { options.append("allow_other") }
        return options.joined(separator: ",")
    }
}

/// Why a mount could not be made.
package struct MountError: Error, Sendable {
    package enum Code: String, Sendable {
        /// /dev/fuse is missing or may not be opened.
        case deviceUnavailable
        /// libfuse refused an option.
        case invalidOptions
        /// The kernel or fusermount3 refused the mount point.
        case mountPointRefused
        /// No thread could be started.
        case outOfResources
    }

    package let code: Code
}
