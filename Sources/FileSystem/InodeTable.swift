internal import Synchronization

/// The known part of the directory tree: which inode stands where, and what the kernel knows.
///
/// One lock over all of it, held for a few lines each. An inode stays while the kernel counts
/// lookups, a handle is open, it has children here, or `pin` holds it.
final class InodeTable: Sendable {
    private final class Node {
        let inode: Inode
        var parent: InodeNumber?
        var name: EntryName?
        var lookupCount: UInt64 = 0
        var pins = 0
        var children: [EntryName: InodeNumber] = [:]
        var listing: DirectoryListing?
        /// A directory of this mount that the store knows by no key (its last object was deleted).
        var isLocalDirectory = false
        /// Until when the directory counts as too large to be listed for one name.
        var largeUntil: Duration = .zero
        /// Listings under way, and the names that this mount changed meanwhile.
        var listingsUnderWay = 0
        var changedNames: Set<EntryName> = []

        init(inode: Inode) {
            self.inode = inode
        }
    }

    private struct Tree: ~Copyable {
        var nodes: [InodeNumber: Node] = [:]
        /// Far above the numbers of devices, pipes and usual files, so that a descriptor found by
        /// its inode number is ours (`ProcessInspector.hasDescriptor`), and below 2^32 for a long
        /// time, so that 32-bit programs can stat.
        var nextNumber: UInt64 = 1 << 30
    }

    private let tree: Mutex<Tree>

    /// - Parameter root: attributes of the mount point.
    init(root attributes: FileAttributes) {
        let inode = Inode(number: .root, attributes: attributes, remote: nil, validUntil: .zero)
        let node = Node(inode: inode)
        node.pins = 1
        var tree = Tree()
        tree.nodes[.root] = node
        self.tree = Mutex(tree)
    }

    var count: Int { tree.withLock { $0.nodes.count } }

    func inode(_ number: InodeNumber) -> Inode? {
        tree.withLock { $0.nodes[number]?.inode }
    }

    /// A new inode that is not in the tree yet.
    func makeInode(
        attributes: FileAttributes, remote: RemoteVersion?, validUntil: Duration
    ) -> Inode {
        tree.withLock { tree in
            let number = InodeNumber(tree.nextNumber)
            tree.nextNumber += 1
            return Inode(
                number: number, attributes: attributes, remote: remote, validUntil: validUntil)
        }
    }

    // MARK: Names

    /// The components from the root to an inode; nil when it was removed.
    func path(of number: InodeNumber) -> [EntryName]? {
        tree.withLock { Self.path(of: number, in: $0) }
    }

    private static func path(of number: InodeNumber, in tree: borrowing Tree) -> [EntryName]? {
        var path: [EntryName] = []
        var current = number
        while current != .root {
            guard let node = tree.nodes[current], let parent = node.parent, let name = node.name
            else { return nil }
            path.append(name)
            current = parent
        }
        path.reverse()
        return path
    }

    func parent(of number: InodeNumber) -> InodeNumber? {
        tree.withLock { $0.nodes[number]?.parent }
    }

    /// Where an inode stands; nil when it was removed.
    func place(of number: InodeNumber) -> (parent: InodeNumber, name: EntryName)? {
        tree.withLock { tree in
            guard let node = tree.nodes[number], let parent = node.parent, let name = node.name
            else { return nil }
            return (parent, name)
        }
    }

    func child(of parent: InodeNumber, named name: EntryName) -> Inode? {
        tree.withLock { tree in
            guard let number = tree.nodes[parent]?.children[name] else { return nil }
            return tree.nodes[number]?.inode
        }
    }

    func children(of parent: InodeNumber) -> [(name: EntryName, inode: Inode)] {
        tree.withLock { tree in
            guard let node = tree.nodes[parent] else { return [] }
            return node.children.compactMap { name, number in
                tree.nodes[number].map { (name, $0.inode) }
            }
        }
    }

    /// The known inodes below a directory, it not included.
    func descendants(of number: InodeNumber) -> [Inode] {
        tree.withLock { tree in
            var found: [Inode] = []
            var open = [number]
            while let next = open.popLast() {
                for child in tree.nodes[next]?.children.values ?? [:].values {
                    open.append(child)
                    if let node = tree.nodes[child] { found.append(node.inode) }
                }
            }
            return found
        }
    }

    /// Puts an inode into a directory under a name.
    /// - Returns: the inode that stood there before, now removed from the tree.
    @discardableResult
    func attach(_ inode: Inode, to parent: InodeNumber, named name: EntryName) -> Inode? {
        tree.withLock { tree in
            guard let directory = tree.nodes[parent] else { return nil }
            let previous = directory.children[name].flatMap { tree.nodes[$0] }
            if previous?.inode === inode { return nil }
            if let previous { Self.detach(previous, in: &tree) }
            let node = tree.nodes[inode.number] ?? Node(inode: inode)
            if node.parent != nil { Self.detach(node, in: &tree) }
            tree.nodes[inode.number] = node
            node.parent = parent
            node.name = name
            directory.children[name] = inode.number
            return previous?.inode
        }
    }

    /// Removes an inode from its directory; its number lives on while handles or lookups do.
    func detach(_ inode: Inode) {
        tree.withLock { tree in
            guard let node = tree.nodes[inode.number] else { return }
            Self.detach(node, in: &tree)
        }
    }

    private static func detach(_ node: Node, in tree: inout Tree) {
        guard let parent = node.parent, let name = node.name else { return }
        if let directory = tree.nodes[parent], directory.children[name] == node.inode.number {
            directory.children[name] = nil
            collect(directory, in: &tree)
        }
        node.parent = nil
        node.name = nil
        collect(node, in: &tree)
    }

    // MARK: Lifetime

    /// Counts one more lookup by the kernel.
    func remember(_ inode: Inode) {
        tree.withLock { $0.nodes[inode.number]?.lookupCount += 1 }
    }

    /// Lowers the lookup count; drops the inode at zero when nothing else holds it.
    /// - Parameter count: lookups to give back; more than there are count as all.
    /// Source: libfuse 3.14 `fuse_lowlevel.h`, `forget`.
    func forget(_ number: InodeNumber, count: UInt64) {
        tree.withLock { tree in
            guard let node = tree.nodes[number] else { return }
            node.lookupCount -= min(count, node.lookupCount)
            Self.collect(node, in: &tree)
        }
    }

    /// Keeps an inode while a handle is open or a publication is due.
    func pin(_ inode: Inode) {
        tree.withLock { tree in
            let node = tree.nodes[inode.number] ?? Node(inode: inode)
            tree.nodes[inode.number] = node
            node.pins += 1
        }
    }

    func unpin(_ inode: Inode) {
        tree.withLock { tree in
            guard let node = tree.nodes[inode.number] else { return }
            node.pins -= 1
            Self.collect(node, in: &tree)
        }
    }

    private static func collect(_ first: Node, in tree: inout Tree) {
        var node = first
        while node.lookupCount == 0, node.pins == 0, node.children.isEmpty,
            node.inode.number != .root
        {
            tree.nodes[node.inode.number] = nil
            guard let parent = node.parent, let name = node.name,
                let directory = tree.nodes[parent]
            else { return }
            directory.children[name] = nil
            node.parent = nil
            node.name = nil
            node = directory
        }
    }

    // MARK: Listings

    /// What the cached listing says of a name.
    enum ListingAnswer {
        case present(ListedEntry, holdsPOSIXMetadata: Bool)
        case absent
        /// There is no listing, or it is too old.
        case unknown
    }

    func listed(_ name: EntryName, in parent: InodeNumber, now: Duration) -> ListingAnswer {
        tree.withLock { tree in
            guard let listing = tree.nodes[parent]?.listing, listing.validUntil > now else {
                return .unknown
            }
            guard let entry = listing.entries[name] else { return .absent }
            return .present(entry, holdsPOSIXMetadata: listing.holdsPOSIXMetadata)
        }
    }

    /// A copy of the cached listing while it is valid.
    func listing(of number: InodeNumber, now: Duration) -> DirectoryListing? {
        tree.withLock { tree in
            guard let listing = tree.nodes[number]?.listing, listing.validUntil > now else {
                return nil
            }
            return listing
        }
    }

    /// Starts noting this mount's own changes, which a listing under way cannot know of.
    func beginListing(of number: InodeNumber) {
        tree.withLock { $0.nodes[number]?.listingsUnderWay += 1 }
    }

    /// Ends a listing; nil when it failed, was given up or is too large to keep.
    func endListing(of number: InodeNumber, with listing: DirectoryListing?) {
        tree.withLock { tree in
            guard let node = tree.nodes[number] else { return }
            if var listing {
                for name in node.changedNames {
                    listing.entries[name] = node.listing?.entries[name]
                }
                node.listing = listing
            }
            node.listingsUnderWay -= 1
            if node.listingsUnderWay == 0 { node.changedNames = [] }
        }
    }

    /// Notes what is now true of a name: `entry` nil for a name that is gone.
    /// - Parameter isOwn: the object was written here, and so carries POSIX attributes.
    func noteEntry(
        _ entry: ListedEntry?, named name: EntryName, in parent: InodeNumber, isOwn: Bool = false
    ) {
        tree.withLock { tree in
            guard let node = tree.nodes[parent] else { return }
            if node.listingsUnderWay > 0 { node.changedNames.insert(name) }
            if node.listing == nil, node.listingsUnderWay > 0 {
                // Keeps the own change until the listing under way ends.
                node.listing = DirectoryListing(
                    entries: [:], validUntil: .zero, holdsPOSIXMetadata: false)
            }
            node.listing?.entries[name] = entry
            if isOwn { node.listing?.holdsPOSIXMetadata = true }
        }
    }

    func isLarge(_ number: InodeNumber, now: Duration) -> Bool {
        tree.withLock { ($0.nodes[number]?.largeUntil ?? .zero) > now }
    }

    func noteLarge(_ number: InodeNumber, until: Duration) {
        tree.withLock { $0.nodes[number]?.largeUntil = until }
    }

    /// Gives a directory that was made here an empty listing that is complete.
    func installEmptyListing(of number: InodeNumber, validUntil: Duration) {
        tree.withLock {
            $0.nodes[number]?.listing = DirectoryListing(
                entries: [:], validUntil: validUntil, holdsPOSIXMetadata: true)
        }
    }

    /// Makes the next question about a directory ask the store.
    func dropListing(of number: InodeNumber) {
        tree.withLock { $0.nodes[number]?.listing = nil }
    }

    /// Whether a directory lives on here although the store lists nothing of it.
    func isLocalDirectory(_ number: InodeNumber) -> Bool {
        tree.withLock { $0.nodes[number]?.isLocalDirectory ?? false }
    }

    func setLocalDirectory(_ number: InodeNumber, _ isLocal: Bool) {
        tree.withLock { $0.nodes[number]?.isLocalDirectory = isLocal }
    }
}
