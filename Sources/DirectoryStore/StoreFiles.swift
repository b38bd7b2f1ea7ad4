import LocalDisk
import ObjectStorage

/// The directories of one store, and how its small files are read and replaced.
///
/// Every method blocks for the disk.
struct StoreFiles: Sendable {
    /// The store's own file: its id, and a proof of the key.
    static let headerName = "store"
    static let lockName = "lock"
    private static let directoryNames = ["objects", "data", "uploads", "set-aside"]
    /// Directories that objects, and data files, are spread over: by the first digit of the name.
    private static let shards = (0..<16).map { String($0, radix: 16) }
    /// The longest record that is read, in bytes: 10,000 parts of 64 runs each take 26 MB.
    static let maximumRecordLength = 64 << 20
    /// Begins the name of a file that is being written, and was never part of the store.
    static let temporaryPrefix = "tmp-"

    let disk: any Disk
    let root: DiskDirectory
    let objects: [DiskDirectory]
    let data: [DiskDirectory]
    let uploads: DiskDirectory
    let setAside: DiskDirectory
    /// Holds the store's lock as long as it is open.
    private let lockFile: DiskFile

    /// Takes the store's lock and opens its directories; makes them in an empty directory.
    /// - Throws: `conflict` when another process has the store, `invalidRequest` when the directory
    ///   holds something else.
    init(root: DiskDirectory, disk: any Disk) throws(ObjectStoreError) {
        self.root = root
        self.disk = disk
        try Self.checkNames(root, disk)
        lockFile = try onDisk("open") { () throws(DiskError) in
            let file = try disk.openFile(Self.lockName, in: root, .createIfAbsent)
            try disk.lock(file, exclusively: true)
            return file
        }
        (objects, data, uploads, setAside) = try onDisk("open") { () throws(DiskError) in
            let directories = try Self.directories(Self.directoryNames, in: root, disk)
            return (
                try Self.directories(Self.shards, in: directories[0], disk),
                try Self.directories(Self.shards, in: directories[1], disk),
                directories[2], directories[3]
            )
        }
    }

    private static func checkNames(
        _ root: DiskDirectory, _ disk: any Disk
    ) throws(ObjectStoreError) {
        var isForeign = false
        let known = Set(directoryNames + [headerName, lockName])
        try onDisk("open") { () throws(DiskError) in
            try disk.list(root) { entry in
                isForeign =
                    !known.contains(entry.name) && !entry.name.hasPrefix(temporaryPrefix)
                    && entry.name != "lost+found"
                return !isForeign
            }
        }
        guard !isForeign else {
            throw ObjectStoreError(
                .invalidRequest, operation: "open",
                detail: "the directory holds files that are not of a store; give an empty one")
        }
    }

    private static func directories(
        _ names: [String], in parent: DiskDirectory, _ disk: any Disk
    ) throws(DiskError) -> [DiskDirectory] {
        var result: [DiskDirectory] = []
        var isNew = false
        for name in names {
            do throws(DiskError) {
                result.append(try disk.openDirectory(name, in: parent))
            } catch  where error.code == .notFound {
                try disk.makeDirectory(name, in: parent)
                result.append(try disk.openDirectory(name, in: parent))
                isNew = true
            }
        }
        if isNew { try disk.synchronize(parent) }
        return result
    }

    /// The directory of a name that begins with a hexadecimal digit.
    func shard(_ directories: [DiskDirectory], of name: String) -> DiskDirectory {
        let digit = name.utf8.first.flatMap { Int(String(UnicodeScalar($0)), radix: 16) } ?? 0
        return directories[digit]
    }

    /// Writes a file whole or not at all, durably.
    /// - Parameter isReplaced: true once the name stands for the new bytes, even if it then fails:
    ///   after a power cut the old ones may be back.
    func replace(
        _ name: String, in directory: DiskDirectory, with bytes: [UInt8],
        isReplaced: inout Bool
    ) throws(ObjectStoreError) {
        let temporary = Self.temporaryPrefix + (try Identifier.random().hexadecimal)
        do throws(DiskError) {
            let file = try disk.openFile(temporary, in: directory, .createExclusively)
            try disk.write(bytes.span, to: file, at: 0)
            try disk.synchronize(file)
            try disk.rename(
                temporary, in: directory, to: name, in: directory, replacing: true)
            isReplaced = true
            try disk.synchronize(directory)
        } catch {
            if !isReplaced { removeLater(temporary, in: directory) }
            throw ObjectStoreError(error, operation: "write")
        }
    }

    /// As above, where a failure leaves nothing to settle.
    func replace(
        _ name: String, in directory: DiskDirectory, with bytes: [UInt8]
    ) throws(ObjectStoreError) {
        var isReplaced = false
        try replace(name, in: directory, with: bytes, isReplaced: &isReplaced)
    }

    /// Removes a name durably; true when it was there.
    @discardableResult
    func remove(_ name: String, in directory: DiskDirectory) throws(ObjectStoreError) -> Bool {
        do throws(DiskError) {
            try disk.unlink(name, in: directory)
            try disk.synchronize(directory)
            return true
        } catch {
            if error.code == .notFound { return false }
            throw ObjectStoreError(error, operation: "delete")
        }
    }

    /// Removes what no durable record names any more. A failure is no harm: the next start
    /// removes it.
    func removeLater(_ name: String, in directory: DiskDirectory) {
        do throws(DiskError) {
            try disk.unlink(name, in: directory)
        } catch {
            return
        }
    }

    /// Moves a file that cannot be read out of the way, for a person to look at.
    func putAside(_ name: String, from directory: DiskDirectory) throws(ObjectStoreError) {
        let newName = name + "-" + (try Identifier.random().hexadecimal)
        do throws(DiskError) {
            try disk.rename(
                name, in: directory, to: newName, in: setAside, replacing: false)
            try disk.synchronize(setAside)
            try disk.synchronize(directory)
        } catch {
            throw ObjectStoreError(error, operation: "set aside")
        }
    }
}

/// The frame of a small file: magic, length of the sealed record, record; an object's content may
/// follow.
enum RecordFrame {
    static let magicLength = 8
    static let headLength = magicLength + 4
    static let object = "WARDOBJ1"
    static let upload = "WARDUPL1"
    static let part = "WARDPRT1"

    static func wrap(_ sealed: [UInt8], magic: String) -> [UInt8] {
        var fields = FieldWriter()
        fields.append(raw: Array(magic.utf8))
        fields.append(UInt32(sealed.count))
        fields.append(raw: sealed)
        return fields.bytes
    }

    /// The record's length from the head of a file; nil when it is not of this kind.
    static func length(of head: [UInt8], magic: String) -> Int? {
        var fields = FieldReader(head)
        do throws(FieldError) {
            guard try fields.raw(magicLength) == Array(magic.utf8) else { return nil }
            return Int(try fields.number(UInt32.self))
        } catch {
            return nil
        }
    }
}

extension StoreFiles {
    /// An object's file, open: its manifest, and where its content stands if it is inside.
    struct OpenObject: Sendable {
        let manifest: Manifest
        let file: DiskFile
        /// Where the sealed content begins.
        let contentOffset: UInt64
    }

    /// Opens and reads an object's file.
    /// - Throws: `noSuchKey` when there is none, `checksumMismatch` when it cannot be opened with
    ///   this key or is not of this name.
    func openObject(
        _ name: String, keys: StoreKeys
    ) throws(ObjectStoreError) -> OpenObject {
        let file: DiskFile
        do throws(DiskError) {
            file = try disk.openFile(name, in: shard(objects, of: name), .readOnly)
        } catch {
            if error.code == .notFound {
                throw ObjectStoreError(.noSuchKey, operation: "open", status: 404)
            }
            throw ObjectStoreError(error, operation: "open")
        }
        let (record, end) = try self.record(
            in: file, magic: RecordFrame.object, kind: .manifest, place: name, keys: keys)
        do throws(FieldError) {
            let manifest = try Manifest(decoding: record)
            return OpenObject(manifest: manifest, file: file, contentOffset: end)
        } catch {
            throw Self.damaged("the object's record is not of a known format")
        }
    }

    /// The record of an upload or a part.
    func record(
        _ name: String, magic: String, kind: RecordKind, keys: StoreKeys
    ) throws(ObjectStoreError) -> [UInt8] {
        let file = try onDisk("open") { () throws(DiskError) in
            try disk.openFile(name, in: uploads, .readOnly)
        }
        return try record(in: file, magic: magic, kind: kind, place: name, keys: keys).bytes
    }

    private func record(
        in file: DiskFile, magic: String, kind: RecordKind, place: String, keys: StoreKeys
    ) throws(ObjectStoreError) -> (bytes: [UInt8], end: UInt64) {
        // Most records fit one read.
        let first = try read(file, at: 0, count: 4096)
        guard let length = RecordFrame.length(of: first, magic: magic),
            length <= Self.maximumRecordLength
        else { throw Self.damaged("not a record of this store") }
        let end = RecordFrame.headLength + length
        var sealed = Array(first.dropFirst(RecordFrame.headLength).prefix(length))
        if end > first.count {
            sealed += try read(file, at: UInt64(first.count), count: end - first.count)
        }
        guard sealed.count == length,
            let bytes = keys.open(sealed, kind: kind, place: place)
        else {
            throw Self.damaged("a record does not open with this key")
        }
        return (bytes, UInt64(end))
    }

    /// Up to `count` bytes.
    func read(
        _ file: DiskFile, at offset: UInt64, count: Int
    ) throws(ObjectStoreError) -> [UInt8] {
        try onDisk("read") { () throws(DiskError) in
            try [UInt8](capacity: count) { (output: inout OutputSpan<UInt8>) throws(DiskError) in
                try disk.read(file, at: offset, into: &output)
            }
        }
    }

    static func damaged(_ detail: String) -> ObjectStoreError {
        ObjectStoreError(.checksumMismatch, operation: "GetObject", detail: detail)
    }
}
