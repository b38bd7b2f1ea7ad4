/// Accepts what `mount(8)` and `mount.fuse3` run: `wardfs SOURCE MOUNTPOINT -o opt,opt` and
/// `wardfs#SOURCE`, and turns each mount option into a flag of `wardfs mount`.
enum MountHelperForm {
    /// Options of fstab that mean nothing to a FUSE program, or that are always so here.
    private static let ignored: Set<String> = [
        "rw", "auto", "noauto", "user", "nouser", "users", "defaults", "_netdev", "nofail", "dev",
        "nodev", "suid", "nosuid", "exec", "noexec", "async", "atime", "noatime", "relatime",
        "diratime", "nodiratime", "default_permissions",
    ]

    /// The arguments as `wardfs mount …` where they are in the form of a mount helper.
    static func normalized(_ arguments: [String]) -> [String] {
        var arguments = arguments
        if let first = arguments.first {
            let source = first.hasPrefix("wardfs#") ? String(first.dropFirst(7)) : first
            if source.hasPrefix("s3://") || source.hasPrefix("dir:") {
                arguments[0] = source
                arguments.insert("mount", at: 0)
            }
        }
        guard arguments.first == "mount" else { return arguments }
        var result: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "-o", let list = rest.popFirst() {
                result += flags(list)
            } else if argument.hasPrefix("-o"), !argument.hasPrefix("--"), argument.count > 2 {
                result += flags(String(argument.dropFirst(2)))
            } else {
                result.append(argument)
            }
        }
        return result
    }

    /// `ro,allow_other,endpoint_url=https://…` as flags. A comma inside a value is written `\,`.
    private static func flags(_ list: String) -> [String] {
        split(list).flatMap { option -> [String] in
            if option.isEmpty || ignored.contains(option) || option.hasPrefix("x-") { return [] }
            if option == "ro" { return ["--read-only"] }
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = "--" + String(parts[0]).replacing("_", with: "-")
            return parts.count == 2 ? [name, String(parts[1])] : [name]
        }
    }

    private static func split(_ list: String) -> [String] {
        var options = [""]
        var isEscaped = false
        for character in list {
            if isEscaped {
                options[options.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                options.append("")
            } else {
                options[options.count - 1].append(character)
            }
        }
        return options
    }
}
