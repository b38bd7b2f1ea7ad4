import DirectoryStore
import Encryption
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import Testing

@Suite("DirectoryStore's format", .timeLimit(.minutes(1)))
struct DirectoryStoreFormatTests {
    @Test("a store of version 1 opens with its objects and its upload")
    func version1() async throws {
        let fixture = try DirectoryStoreFixture()
        for (path, digits) in directoryStoreVersion1 {
            try write(path, bytes(hexadecimal: digits), in: try fixture.directory.open())
        }
        let material = (0..<32).map { UInt8($0) }
        let key = try MasterKey(material: material.span)

        let store = try await fixture.open(key: key)

        #expect(try await store.bytes("small/one") == [1, 2, 3])
        let head = try await store.head(ObjectKey("small/one"))
        #expect(head.userMetadata == ["mode": "33188"])
        #expect(head.contentType == "text/plain")
        #expect(head.lastModified == Timestamp(seconds: 1_700_000_000, nanoseconds: 7))
        #expect(try await store.bytes("parts") == Array("hello".utf8))
        let uploads = try await store.listMultipartUploads(prefix: ObjectKey(""), limit: 9)
        let upload = try #require(uploads.first?.upload)
        #expect(upload.key == ObjectKey("pending"))
        let parts = try await store.listParts(upload)
        #expect(parts.map(\.number.rawValue) == [2])
        _ = try await store.completeMultipartUpload(
            upload, as: NewObject(key: ObjectKey("pending")), parts: parts, size: 5, checksum: nil)
        #expect(try await store.bytes("pending") == Array("world".utf8))
    }

    private func write(_ path: String, _ bytes: [UInt8], in root: DiskDirectory) throws {
        let components = path.split(separator: "/").map(String.init)
        var directory = root
        for component in components.dropLast() {
            directory = try subdirectory(component, of: directory)
        }
        let file = try POSIXDisk().openFile(
            components[components.count - 1], in: directory, .createExclusively)
        try POSIXDisk().write(bytes.span, to: file, at: 0)
    }

    private func subdirectory(
        _ name: String, of directory: DiskDirectory
    ) throws(DiskError) -> DiskDirectory {
        let disk = POSIXDisk()
        var isThere = false
        try disk.list(directory) { entry in
            isThere = isThere || entry.name == name
            return true
        }
        if !isThere { try disk.makeDirectory(name, in: directory) }
        return try disk.openDirectory(name, in: directory)
    }

    private func bytes(hexadecimal digits: String) -> [UInt8] {
        stride(from: 0, to: digits.utf8.count, by: 2).compactMap { position in
            UInt8(digits.dropFirst(position).prefix(2), radix: 16)
        }
    }
}
