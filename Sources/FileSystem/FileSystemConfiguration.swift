/// What a mount was asked to do with files.
package struct FileSystemConfiguration: Sendable {
    /// What a close does with the file of a writer that was killed.
    package enum KilledWriter: String, Sendable, CaseIterable {
        /// The object in the store stays; what was written is set aside.
        case quarantine
        /// As if the writer had closed the file itself.
        case publish
    }

    /// Where attributes of listed objects come from.
    package enum AttributeSource: String, Sendable, CaseIterable {
        /// From the listing where a sample shows that a directory's objects carry no POSIX
        /// attributes, else from a HEAD each.
        case automatic = "auto"
        case list
        case head
    }

    package var isReadOnly = false
    /// Owner of files whose object names none.
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    /// Permission bits masked out of 0666 and 0777 for objects that carry no mode.
    package var umask: UInt32 = 0o077
    /// How long attributes, names and absences are taken as true.
    package var attributeTTL: Duration = .seconds(5)
    package var attributeSource: AttributeSource = .automatic
    package var killedWriter: KilledWriter = .quarantine
    /// What `statvfs` shows as the size of the store, in bytes.
    package var shownSize: UInt64 = 1 << 50

    package init() {}

    var filePermissions: UInt32 { 0o666 & ~umask }
    var directoryPermissions: UInt32 { 0o777 & ~umask }
}
