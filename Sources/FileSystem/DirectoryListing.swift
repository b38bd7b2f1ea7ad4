internal import ObjectStorage

/// What a listing tells of one name.
enum ListedEntry: Sendable {
    case object(ObjectAttributes)
    /// A common prefix, or a directory that exists only in this mount so far.
    case directory

    var kind: FileKind {
        switch self {
        case .object: .regular
        case .directory: .directory
        }
    }
}

/// All names of one directory as the store listed them, kept current with this mount's own changes.
struct DirectoryListing: Sendable {
    /// Larger directories are asked for name by name, so that memory stays bounded.
    static let maximumEntries = 100_000

    var entries: [EntryName: ListedEntry]
    /// Until when the listing answers without asking the store.
    var validUntil: Duration
    /// Whether objects here carry POSIX attributes, judged by a sample: then each needs a HEAD
    /// before its attributes are shown.
    var holdsPOSIXMetadata: Bool
}

/// Turns listed keys into names.
enum ListedName {
    /// - Parameters:
    ///   - key: a listed key or common prefix.
    ///   - prefix: the directory's own prefix, empty or ending in "/".
    /// - Returns: nil for the directory's own marker and for keys that no path can name (`a//b`,
    ///   `..`, longer than 255 bytes).
    static func component(of key: ObjectKey, below prefix: ObjectKey) -> EntryName? {
        var rest = key.rawValue.utf8.dropFirst(prefix.rawValue.utf8.count)
        if rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
        return EntryName(listed: String(Substring(rest)))
    }
}
