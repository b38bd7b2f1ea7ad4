internal import ObjectStorage

/// POSIX attributes as an object's user metadata, in the names and forms of s3fs (`mode`, `uid`,
/// `gid` in decimal, `mtime` in seconds with a fraction), which rclone's `mtime` shares.
/// Source: s3fs-fuse wiki, "Metadata"; rclone documentation, "Modification times".
package enum POSIXMetadata {
    /// The user metadata that keeps `attributes`.
    package static func encode(_ attributes: FileAttributes) -> [String: String] {
        [
            "mode": String(attributes.mode),
            "uid": String(attributes.uid),
            "gid": String(attributes.gid),
            "mtime": encode(attributes.modified),
        ]
    }

    /// Whether the object was written by a tool that keeps POSIX attributes.
    package static func isPresent(in metadata: [String: String]) -> Bool {
        metadata["mode"] != nil || metadata["mtime"] != nil || metadata["uid"] != nil
    }

    /// Overwrites what `metadata` tells; a value that cannot be parsed is passed over, because any
    /// tool may have written it.
    package static func decode(
        _ metadata: [String: String], into attributes: inout FileAttributes
    ) {
        if let text = metadata["mode"], let mode = UInt32(text) {
            attributes.permissions = mode & 0o7777
            if let kind = FileKind(mode: mode), kind != .directory, attributes.kind != .directory {
                attributes.kind = kind
            }
        }
        if let text = metadata["uid"], let uid = UInt32(text) { attributes.uid = uid }
        if let text = metadata["gid"], let gid = UInt32(text) { attributes.gid = gid }
        if let text = metadata["mtime"], let time = decodeTime(text) {
            attributes.modified = time
            attributes.changed = max(time, attributes.changed)
            attributes.accessed = time
        }
    }

    /// The metadata less the modification time.
    package static func withoutTime(_ metadata: [String: String]) -> [String: String] {
        metadata.filter { $0.key != "mtime" }
    }

    private static func encode(_ time: Timestamp) -> String {
        guard time.nanoseconds != 0 else { return String(time.seconds) }
        let fraction = String(time.nanoseconds)
        let zeros = String(repeating: "0", count: 9 - fraction.utf8.count)
        return "\(time.seconds).\(zeros)\(fraction)"
    }

    private static func decodeTime(_ text: String) -> Timestamp? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, let seconds = Int64(whole) else { return nil }
        guard parts.count == 2 else { return Timestamp(seconds: seconds) }
        let digits = parts[1].prefix(9)
        guard let fraction = UInt32(digits) else { return nil }
        let scale = (digits.utf8.count..<9).reduce(1) { scale, _ in scale * 10 }
        return Timestamp(seconds: seconds, nanoseconds: Int32(fraction) * Int32(scale))
    }
}
