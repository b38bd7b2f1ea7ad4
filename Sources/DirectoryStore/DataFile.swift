import Checksums
import Encryption
import LocalDisk
import ObjectStorage
import Synchronization

/// The format of a data file: a head with the file's own key, wrapped, then sealed blocks of 64
/// KiB. Written once, never changed. `OnDiskFormat.md` describes it.
enum DataFile {
    static let magic = "WARDDAT1"
    /// Plaintext bytes of a block.
    static let blockSize = 64 << 10
    /// Bytes from one block to the next.
    static let recordLength = blockSize + AES256GCM.overhead
    /// Magic, version, block size, store id, file id; then the wrapped key.
    static let boundHeadLength = 8 + 4 + 4 + 16 + 16
    static let headLength = boundHeadLength + KeyWrapping.wrappedLength
    /// Blocks that one disk call reads or writes: 1 MiB.
    static let blocksPerCall = 16
    /// 1 MiB of plaintext and as much sealed; four of each stay for reuse, one for each thread
    /// that usually runs.
    static let plainBuffers = ByteBufferPool(
        capacity: blocksPerCall * blockSize, maximumIdle: 4)
    static let sealedBuffers = ByteBufferPool(
        capacity: blocksPerCall * recordLength, maximumIdle: 4)

    static func boundHead(of file: Identifier, storeID: [UInt8]) -> [UInt8] {
        var fields = FieldWriter()
        fields.append(raw: Array(magic.utf8))
        fields.append(UInt32(1))
        fields.append(UInt32(blockSize))
        fields.append(raw: storeID)
        fields.append(raw: file.bytes)
        return fields.bytes
    }

    /// What a block is bound to: its file, its place and its length.
    static func bound(
        _ file: Identifier, storeID: [UInt8], block: UInt64, length: Int
    ) -> [UInt8] {
        var fields = FieldWriter()
        fields.append(raw: storeID)
        fields.append(raw: file.bytes)
        fields.append(block)
        fields.append(UInt32(length))
        return fields.bytes
    }

    static func offset(ofBlock block: UInt64) -> UInt64 {
        UInt64(headLength) + block * UInt64(recordLength)
    }
}

/// Writes one data file from a source, some MiB a step, so that a caller can stop in between.
final class DataFileWriter: Sendable {
    private struct State {
        var offset: UInt64 = 0
        var crc64 = RunningChecksum(.crc64NVME)
        var crc32 = RunningChecksum(.crc32C)
    }

    /// Bytes of one step.
    private static let stepSize: UInt64 = 8 << 20

    let identifier: Identifier
    private let files: StoreFiles
    private let storeID: [UInt8]
    private let source: any ByteSource
    private let size: UInt64
    private let file: DiskFile
    private let cipher: AES256GCM
    private let directory: DiskDirectory
    /// One step at a time, by the one caller; locked only to read and store it.
    private let state = Mutex(State())

    /// Creates the file with its head. Blocks for the disk.
    init(
        source: any ByteSource, files: StoreFiles, keys: StoreKeys
    ) throws(ObjectStoreError) {
        self.files = files
        self.source = source
        size = source.count
        storeID = keys.storeID
        let identifier = try Identifier.random()
        self.identifier = identifier
        let directory = files.shard(files.data, of: identifier.hexadecimal)
        self.directory = directory
        let head: [UInt8]
        do throws(EncryptionError) {
            let key = try DataKey.random()
            cipher = AES256GCM(key: key)
            let bound = DataFile.boundHead(of: identifier, storeID: keys.storeID)
            head = bound + (try keys.wrapping.wrap(key, context: bound.span))
        } catch {
            throw ObjectStoreError(.serverFailure, operation: "seal", cause: error)
        }
        let headBytes = head
        file = try onDisk("write") { () throws(DiskError) in
            let file = try files.disk.openFile(
                identifier.hexadecimal, in: directory, .createExclusively)
            try files.disk.write(headBytes.span, to: file, at: 0)
            return file
        }
    }

    /// CRC-64/NVME and CRC-32C of what was written.
    var checksums: [Checksum] {
        state.withLock { [$0.crc64.checksum, $0.crc32.checksum] }
    }

    /// The whole file.
    var extent: Extent {
        Extent(
            file: identifier, fileSize: size, range: ByteRange(offset: 0, count: size))
    }

    /// Writes the next bytes. Blocks for the source and the disk.
    /// - Returns: whether more are to come.
    func step() throws(ObjectStoreError) -> Bool {
        var current = state.withLock { $0 }
        let end = min(size, current.offset + Self.stepSize)
        while current.offset < end {
            try writeCall(&current)
        }
        let done = current
        state.withLock { $0 = done }
        guard current.offset == size else { return true }
        try onDisk("write") { () throws(DiskError) in
            try files.disk.synchronize(file)
            try files.disk.synchronize(directory)
        }
        return false
    }

    /// Removes the file, which nothing names.
    func discard() {
        files.removeLater(identifier.hexadecimal, in: directory)
    }

    /// Seals and writes up to 1 MiB.
    private func writeCall(_ current: inout State) throws(ObjectStoreError) {
        var state = current
        defer { current = state }
        let count = Int(min(size - state.offset, UInt64(DataFile.plainBuffers.capacity)))
        try DataFile.plainBuffers.withBuffer { (plain) throws(ObjectStoreError) in
            try plain.fill(atMost: count) { (output) throws(ObjectStoreError) in
                try source.read(at: state.offset, into: &output)
            }
            guard plain.count == count else {
                throw ObjectStoreError(
                    .localDisk, operation: "read", detail: "a source ended before its size")
            }
            state.crc64.update(plain.bytes)
            state.crc32.update(plain.bytes)
            let first = state.offset / UInt64(DataFile.blockSize)
            try DataFile.sealedBuffers.withBuffer { (sealed) throws(ObjectStoreError) in
                try seal(plain, from: first, into: sealed)
                try onDisk("write") { () throws(DiskError) in
                    try files.disk.write(
                        sealed.bytes, to: file, at: DataFile.offset(ofBlock: first))
                }
            }
        }
        state.offset += UInt64(count)
    }

    private func seal(
        _ plain: ByteBuffer, from first: UInt64, into sealed: ByteBuffer
    ) throws(ObjectStoreError) {
        do throws(EncryptionError) {
            try sealed.fill { (output) throws(EncryptionError) in
                var start = 0
                while start < plain.count {
                    let length = min(DataFile.blockSize, plain.count - start)
                    let block = first + UInt64(start / DataFile.blockSize)
                    let bound = DataFile.bound(
                        identifier, storeID: storeID, block: block, length: length)
                    try cipher.seal(
                        plain.bytes.extracting(start..<start + length),
                        additionalData: bound.span, into: &output)
                    start += length
                }
            }
        } catch {
            throw ObjectStoreError(.serverFailure, operation: "seal", cause: error)
        }
    }
}

/// Reads a run of bytes of one data file.
struct DataFileReader: Sendable {
    private let extent: Extent
    private let files: StoreFiles
    private let storeID: [UInt8]
    private let file: DiskFile
    private let cipher: AES256GCM

    /// Opens the file. Blocks for the disk.
    /// - Throws: `checksumMismatch` when it is missing, cut, or not of this store and key.
    init(_ extent: Extent, files: StoreFiles, keys: StoreKeys) throws(ObjectStoreError) {
        self.extent = extent
        self.files = files
        storeID = keys.storeID
        let name = extent.file.hexadecimal
        do throws(DiskError) {
            file = try files.disk.openFile(name, in: files.shard(files.data, of: name), .readOnly)
        } catch {
            if error.code == .notFound { throw StoreFiles.damaged("a data file is missing") }
            throw ObjectStoreError(error, operation: "open")
        }
        let head = try files.read(file, at: 0, count: DataFile.headLength)
        let bound = DataFile.boundHead(of: extent.file, storeID: keys.storeID)
        guard head.count == DataFile.headLength, Array(head[..<bound.count]) == bound else {
            throw StoreFiles.damaged("not a data file of this store")
        }
        do throws(EncryptionError) {
            cipher = AES256GCM(
                key: try keys.wrapping.unwrap(
                    head.span.extracting(bound.count..<head.count), context: bound.span))
        } catch {
            throw StoreFiles.damaged("a data file's key does not open")
        }
    }

    /// Bytes of the run.
    var count: UInt64 { extent.range.count }

    /// Sends bytes of the run to a sink, at most 1 MiB.
    /// - Parameter range: inside the run, counted from its beginning; not empty.
    /// - Returns: how many bytes were sent.
    func send(
        _ range: ByteRange, into sink: any ByteSink
    ) throws(ObjectStoreError) -> UInt64 {
        let blockSize = UInt64(DataFile.blockSize)
        let start = extent.range.offset + range.offset
        let first = start / blockSize
        let limit = (first + UInt64(DataFile.blocksPerCall)) * blockSize
        let end = min(extent.range.offset + range.end, limit)
        let last = (end - 1) / blockSize
        let sealedEnd =
            DataFile.offset(ofBlock: last) + UInt64(length(ofBlock: last) + AES256GCM.overhead)
        let sealedCount = Int(sealedEnd - DataFile.offset(ofBlock: first))
        try DataFile.sealedBuffers.withBuffer { (sealed) throws(ObjectStoreError) in
            try onDisk("read") { () throws(DiskError) in
                try sealed.fill(atMost: sealedCount) { (output) throws(DiskError) in
                    try files.disk.read(
                        file, at: DataFile.offset(ofBlock: first), into: &output)
                }
            }
            guard sealed.count == sealedCount else {
                throw StoreFiles.damaged("a data file is cut")
            }
            try DataFile.plainBuffers.withBuffer { (plain) throws(ObjectStoreError) in
                try open(sealed, from: first, through: last, into: plain)
                let skip = Int(start - first * blockSize)
                try sink.receive(plain.bytes.extracting(skip..<skip + Int(end - start)))
            }
        }
        return end - start
    }

    private func length(ofBlock block: UInt64) -> Int {
        let start = block * UInt64(DataFile.blockSize)
        return Int(min(UInt64(DataFile.blockSize), extent.fileSize - min(start, extent.fileSize)))
    }

    private func open(
        _ sealed: ByteBuffer, from first: UInt64, through last: UInt64, into plain: ByteBuffer
    ) throws(ObjectStoreError) {
        do throws(EncryptionError) {
            try plain.fill { (output) throws(EncryptionError) in
                var start = 0
                for block in first...last {
                    let length = length(ofBlock: block)
                    let end = start + length + AES256GCM.overhead
                    let bound = DataFile.bound(
                        extent.file, storeID: storeID, block: block, length: length)
                    try cipher.open(
                        sealed.bytes.extracting(start..<end), additionalData: bound.span,
                        into: &output)
                    start = end
                }
            }
        } catch {
            throw StoreFiles.damaged("a block is not as it was sealed")
        }
    }
}
