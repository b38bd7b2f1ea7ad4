import Checksums
import Encryption
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import ObjectStoreTestSupport
import Staging
import Testing

/// A staging area in a temporary directory, on a disk that can be made to fail.
struct Fixture {
    let temporary: TemporaryDirectory
    let disk: FaultyDisk
    let area: StagingArea

    init(quotaBytes: UInt64 = 1 << 30) throws {
        temporary = try TemporaryDirectory()
        disk = FaultyDisk()
        area = try StagingArea(
            directory: temporary.open(), disk: disk, masterKey: .ephemeral(),
            quotaBytes: quotaBytes)
    }

    /// The data files' names.
    func dataFiles() throws -> [String] {
        try temporary.names().filter { $0 != "lock" }
    }

    /// A data file's bytes as they are on the disk.
    func content(of name: String) throws -> [UInt8] {
        try POSIXDisk().contents(path: temporary.path + "/" + name, atMost: 1 << 30)
    }

    /// Changes a data file under its owner's feet.
    func overwrite(_ name: String, at offset: Int, with bytes: [UInt8]) throws {
        let file = try POSIXDisk().openFile(name, in: temporary.open(), .readWrite)
        try POSIXDisk().write(bytes.span, to: file, at: UInt64(offset))
    }
}

extension SeededGenerator {
    /// So many bytes: one random page again and again, each time with another word in front, which
    /// tells all blocks apart and is cheap without optimisation.
    mutating func content(_ count: Int) -> [UInt8] {
        var page = bytes(4096)
        var content: [UInt8] = []
        content.reserveCapacity(count + page.count)
        while content.count < count {
            let word = next()
            for index in 0..<8 { page[index] = UInt8(truncatingIfNeeded: word >> (8 * index)) }
            content += page
        }
        content.removeLast(content.count - count)
        return content
    }
}

extension StagedFile {
    func write(_ bytes: [UInt8], at offset: Int) throws(StagingError) {
        try write(bytes.span, at: UInt64(offset))
    }

    func fill(_ bytes: [UInt8], at offset: Int) throws(StagingError) {
        try fill(bytes.span, at: UInt64(offset))
    }

    func read(_ count: Int, at offset: Int = 0) throws(StagingError) -> [UInt8] {
        try [UInt8](capacity: count) { (output: inout OutputSpan<UInt8>) throws(StagingError) in
            try read(at: UInt64(offset), into: &output)
        }
    }

    func content() throws(StagingError) -> [UInt8] {
        try read(Int(size))
    }
}

extension ByteSource {
    /// All bytes, read in pieces of `size`.
    func content(inPiecesOf size: Int = 1 << 20) throws(ObjectStoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < Int(count) {
            let piece = try [UInt8](capacity: size) {
                (output: inout OutputSpan<UInt8>) throws(ObjectStoreError) in
                try read(at: UInt64(bytes.count), into: &output)
            }
            guard !piece.isEmpty else { break }
            bytes += piece
        }
        return bytes
    }
}

extension ByteRange {
    init(_ range: Range<Int>) {
        self.init(offset: UInt64(range.lowerBound), count: UInt64(range.count))
    }
}

extension [UInt8] {
    subscript(_ range: ByteRange) -> ArraySlice<UInt8> {
        self[Int(range.offset)..<Int(range.end)]
    }

    var crc64NVME: UInt64 {
        var checksum = CRC64NVME()
        checksum.update(span)
        return checksum.value
    }
}

/// The code of the staging error that `body` throws.
func code<Value>(_ body: () throws -> Value) -> StagingError.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? StagingError)?.code
    }
}

/// A seed for one run, printed by the test's arguments.
let seeds: [UInt64] = [1, 2, 3, UInt64.random(in: 4...UInt64.max)]

let block = RecordFormat.blockSize
