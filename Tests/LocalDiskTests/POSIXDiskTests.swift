import Glibc
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import Testing

@Suite("POSIXDisk")
struct POSIXDiskTests {
    let disk = POSIXDisk()
    let temporary: TemporaryDirectory
    let directory: DiskDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        directory = try temporary.open()
    }

    @Test("bytes written at an offset are read there, and reading stops at the end")
    func writeAndRead() throws {
        let file = try disk.openFile("a", in: directory, .createExclusively)
        let bytes: [UInt8] = [1, 2, 3, 4]

        try disk.write(bytes.span, to: file, at: 3)
        try disk.synchronize(file)
        try disk.synchronize(directory)

        #expect(try disk.contents(of: file, atMost: 100) == [0, 0, 0, 1, 2, 3, 4])
        #expect(try read(file, at: 5, count: 9) == [3, 4])
        #expect(try read(file, at: 7, count: 9) == [])
    }

    @Test("a created file has mode 0600 and a directory 0700, whatever the umask")
    func modes() throws {
        let file = try disk.openFile("a", in: directory, .createExclusively)
        try disk.makeDirectory("d", in: directory)

        #expect(try disk.status(of: file).permissions == 0o600)
        #expect(try disk.status(of: "d", in: directory).permissions == 0o700)
        #expect(try disk.status(of: "d", in: directory).kind == .directory)
    }

    @Test("creating exclusively fails when the name is taken, even by a dangling link")
    func exclusiveCreation() throws {
        _ = try disk.openFile("a", in: directory, .createExclusively)
        #expect(unsafe symlink("/nowhere", temporary.path + "/l") == 0)

        #expect(
            code { try disk.openFile("a", in: directory, .createExclusively) } == .alreadyExists)
        #expect(
            code { try disk.openFile("l", in: directory, .createExclusively) } == .alreadyExists)
    }

    @Test("a symbolic link is never followed inside a directory")
    func symbolicLinks() throws {
        #expect(unsafe symlink("/etc/passwd", temporary.path + "/l") == 0)

        #expect(code { try disk.openFile("l", in: directory, .readOnly) } == .symbolicLink)
        #expect(try disk.status(of: "l", in: directory).kind == .symbolicLink)
    }

    @Test(
        "a name that is not one path component is refused before the disk sees it",
        arguments: ["", ".", "..", "a/b", "../x", "/etc/passwd", "a\0b"])
    func names(name: String) {
        #expect(code { try disk.openFile(name, in: directory, .createIfAbsent) } == .invalidName)
        #expect(code { try disk.unlink(name, in: directory) } == .invalidName)
        #expect(code { try disk.makeDirectory(name, in: directory) } == .invalidName)
    }

    @Test("renaming replaces only when it is told to")
    func renaming() throws {
        for name in ["a", "b"] { _ = try disk.openFile(name, in: directory, .createExclusively) }

        #expect(
            code { try disk.rename("a", in: directory, to: "b", in: directory, replacing: false) }
                == .alreadyExists)
        try disk.rename("a", in: directory, to: "b", in: directory, replacing: true)

        #expect(try temporary.names() == ["b"])
    }

    @Test("a link is a second name, and unlinking one keeps the other")
    func linking() throws {
        let file = try disk.openFile("a", in: directory, .createExclusively)
        let bytes: [UInt8] = [9]
        try disk.write(bytes.span, to: file, at: 0)

        try disk.link("a", in: directory, as: "b", in: directory)
        try disk.unlink("a", in: directory)

        let other = try disk.openFile("b", in: directory, .readOnly)
        #expect(try disk.contents(of: other, atMost: 9) == [9])
        #expect(code { try disk.unlink("a", in: directory) } == .notFound)
    }

    @Test("truncating cuts and lengthens with zeros; a punched hole gives its space back")
    func truncation() throws {
        let file = try disk.openFile("a", in: directory, .createExclusively)
        try disk.write([UInt8](repeating: 7, count: 1 << 20).span, to: file, at: 0)
        let before = try disk.status(of: file).allocatedSize

        try disk.punchHole(ByteRange(offset: 0, count: 512 << 10), in: file)
        try disk.truncate(file, to: (1 << 20) + 2)

        #expect(try disk.status(of: file).allocatedSize < before)
        #expect(try read(file, at: (512 << 10) - 1, count: 2) == [0, 7])
        #expect(try read(file, at: (1 << 20) - 1, count: 9) == [7, 0, 0])
    }

    @Test("a listing tells every entry's kind and stops when the caller has enough")
    func listing() throws {
        _ = try disk.openFile("f", in: directory, .createExclusively)
        try disk.makeDirectory("d", in: directory)
        var seen: Set<DiskEntry> = []
        var first = 0

        for _ in 0..<2 {
            try disk.list(directory) { entry in
                seen.insert(entry)
                return true
            }
        }
        try disk.list(directory) { _ in
            first += 1
            return false
        }

        #expect(
            seen == [
                DiskEntry(name: "f", kind: .file), DiskEntry(name: "d", kind: .directory),
            ])
        #expect(first == 1)
    }

    @Test("a lock is refused to a second open file while the first lives")
    func locking() throws {
        var first: DiskFile? = try disk.openFile("a", in: directory, .createIfAbsent)
        let second = try disk.openFile("a", in: directory, .createIfAbsent)
        if let first { try disk.lock(first, exclusively: true) }

        #expect(code { try disk.lock(second, exclusively: true) } == .locked)
        first = nil

        try disk.lock(second, exclusively: true)
    }

    @Test("a file above the reader's limit is refused")
    func limit() throws {
        let file = try disk.openFile("a", in: directory, .createExclusively)
        try disk.write([UInt8](repeating: 7, count: 11).span, to: file, at: 0)

        #expect(code { try disk.contents(of: file, atMost: 10) } == .tooLarge)
        #expect(try disk.contents(path: temporary.path + "/a", atMost: 11).count == 11)
    }

    @Test("the file system tells its room")
    func space() throws {
        let space = try disk.space(of: directory)

        #expect(space.total >= space.available && space.available > 0)
    }

    private func read(_ file: DiskFile, at offset: UInt64, count: Int) throws -> [UInt8] {
        try [UInt8](capacity: count) { (output: inout OutputSpan<UInt8>) in
            try disk.read(file, at: offset, into: &output)
        }
    }
}

func code<Value>(_ body: () throws -> Value) -> DiskError.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? DiskError)?.code
    }
}
