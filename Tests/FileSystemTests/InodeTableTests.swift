import ObjectStorage
import Testing

@testable import FileSystem

@Suite struct InodeTableTests {
    private let table = InodeTable(root: Self.attributes(.directory))

    private static func attributes(_ kind: FileKind) -> FileAttributes {
        FileAttributes(
            kind: kind, permissions: 0o700, uid: 0, gid: 0, size: 0,
            modified: Timestamp(seconds: 0))
    }

    private func add(
        _ name: String, to parent: InodeNumber = .root, _ kind: FileKind = .regular
    ) throws -> Inode {
        let inode = table.makeInode(
            attributes: Self.attributes(kind), remote: nil, validUntil: .zero)
        table.attach(inode, to: parent, named: try EntryName(name))
        return inode
    }

    @Test("forget drops an inode only when its lookup count reaches zero") func forget() throws {
        let inode = try add("a")
        table.remember(inode)
        table.remember(inode)

        table.forget(inode.number, count: 1)
        #expect(table.inode(inode.number) === inode)

        table.forget(inode.number, count: 1)
        #expect(table.inode(inode.number) == nil)
        #expect(table.child(of: .root, named: try EntryName("a")) == nil)
    }

    @Test("forgetting more than was looked up is not an underflow") func overForget() throws {
        let inode = try add("a")
        table.remember(inode)

        table.forget(inode.number, count: .max)

        #expect(table.inode(inode.number) == nil)
    }

    @Test("a pinned inode outlives the kernel's interest") func pins() throws {
        let inode = try add("a")
        table.remember(inode)
        table.pin(inode)

        table.forget(inode.number, count: 1)
        #expect(table.inode(inode.number) === inode)

        table.unpin(inode)
        #expect(table.inode(inode.number) == nil)
    }

    @Test("a directory stays while something below it is known") func parents() throws {
        let directory = try add("d", .directory)
        let file = try add("f", to: directory.number)
        table.remember(directory)
        table.remember(file)

        table.forget(directory.number, count: 1)
        #expect(table.path(of: file.number)?.map(\.rawValue) == ["d", "f"])

        table.forget(file.number, count: 1)
        #expect(table.count == 1)
    }

    private func add(_ name: String, _ kind: FileKind) throws -> Inode {
        try add(name, to: .root, kind)
    }

    @Test("an inode that takes another's name removes it from the tree") func replace() throws {
        let old = try add("a")
        table.remember(old)
        let new = try add("b")

        let replaced = table.attach(new, to: .root, named: try EntryName("a"))

        #expect(replaced === old)
        #expect(table.path(of: old.number) == nil)
        #expect(table.child(of: .root, named: try EntryName("b")) == nil)
        #expect(table.child(of: .root, named: try EntryName("a")) === new)
    }

    @Test("a listing that was under way does not undo this mount's own changes")
    func listingRace() throws {
        let (kept, removed, added) = (
            try EntryName("kept"), try EntryName("removed"), try EntryName("added")
        )
        let object = ListedEntry.object(
            ObjectAttributes(size: 1, eTag: ETag("e"), lastModified: Timestamp(seconds: 0)))
        table.beginListing(of: .root)
        table.noteEntry(nil, named: removed, in: .root)
        table.noteEntry(object, named: added, in: .root)

        table.endListing(
            of: .root,
            with: DirectoryListing(
                entries: [kept: object, removed: object], validUntil: .seconds(5),
                holdsPOSIXMetadata: false))

        let listing = try #require(table.listing(of: .root, now: .seconds(1)))
        #expect(Set(listing.entries.keys) == [kept, added])
    }

    @Test("a listing past its time answers nothing") func expiry() throws {
        table.installEmptyListing(of: .root, validUntil: .seconds(5))
        let name = try EntryName("a")

        guard case .absent = table.listed(name, in: .root, now: .seconds(4)) else {
            Issue.record("a valid listing must answer")
            return
        }
        guard case .unknown = table.listed(name, in: .root, now: .seconds(5)) else {
            Issue.record("an expired listing must not answer")
            return
        }
    }
}
