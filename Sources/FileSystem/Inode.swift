internal import ObjectStorage
internal import ReadCache
internal import Synchronization

/// The version of an object that the file system last saw in the store.
struct RemoteVersion: Sendable {
    var eTag: ETag
    var size: UInt64
    var lastModified: Timestamp
    /// What a HEAD told, all of it, to be kept when the object is written again; nil until one did.
    var userMetadata: [String: String]?
    var contentType: String?
    var storageClass: String
}

/// A file's changing state, under `Inode.state`.
struct InodeState: Sendable {
    var attributes: FileAttributes
    /// Nil for a file that was never published, and for directories.
    var remote: RemoteVersion?
    /// The staged content while the file is being written; nil when the store's version is all.
    var content: StagedContent?
    /// Until when attributes and version are taken as true without asking the store.
    var validUntil: Duration
    /// Open handles, and how many of them may write.
    var openHandles = 0
    var openWriters = 0
    /// Removed from its directory, while handles may still be open.
    var isUnlinked = false
    /// Whether the kernel's cached pages are of the current version or content.
    var isKernelCacheValid = false
    /// Counts all changes that a publication must carry, and those of the content among them.
    var changeCount: UInt64 = 0
    var contentChangeCount: UInt64 = 0
    /// Both counts at the last publication.
    var publishedCount: UInt64 = 0
    var publishedContentCount: UInt64 = 0
    /// Counts contents that were set aside: a handle that is older has lost what it wrote, and may
    /// not go on as if nothing had happened.
    var lostContents: UInt64 = 0
    /// Whether someone set the modification time since the last write: then it must be stored
    /// exactly.
    var isTimeSet = false
    /// The version of another object that a rename of this unpublished file replaced in the tree.
    var replaces: ETag?
    /// Rises when this mount publishes or moves the object: open readers then follow.
    var readerGeneration: UInt64 = 0
    /// A publication under way: writes wait for its end, and it for writes under way.
    var isPublishing = false
    var writesUnderWay = 0
    var quiescence: CheckedContinuation<Void, Never>?
    /// A RELEASE left a publication behind that the next open or stat waits for.
    var isPublicationDue = false
    /// Why the last publication behind the caller's back failed; told at the next close or fsync.
    var stickyError: FileSystemError?
    /// A directory: whether its marker object has been asked for its attributes.
    var isMarkerKnown = false
    /// A symbolic link's target, once read.
    var linkTarget: String?

    var isDirty: Bool { changeCount != publishedCount }
    var isContentDirty: Bool { contentChangeCount != publishedContentCount }
    var isSettled: Bool { !isPublishing && !isPublicationDue }
}

/// One file, directory or symbolic link that the kernel or an open handle knows.
///
/// Lock order: `InodeTable` before `state`; never hold either while calling another layer, with the
/// exception of `StagedFile`, whose lock stands below both.
final class Inode: Sendable {
    let number: InodeNumber
    let kind: FileKind
    /// Keeps publication, rename, unlink and the listing of a directory apart.
    let gate = TaskGate()
    let state: Mutex<InodeState>

    init(
        number: InodeNumber, attributes: FileAttributes, remote: RemoteVersion?,
        validUntil: Duration
    ) {
        self.number = number
        kind = attributes.kind
        state = Mutex(InodeState(attributes: attributes, remote: remote, validUntil: validUntil))
    }

    var attributes: FileAttributes { state.withLock { $0.attributes } }
}
