import Encryption
import LocalDisk
import LocalDiskTestSupport
import ObjectStorage
import Staging
import Testing

@Suite struct StagingAreaTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func area(_ retention: StagingArea.Retention) throws -> StagingArea {
        try StagingArea(
            directory: directory.open(), disk: POSIXDisk(), masterKey: .ephemeral(),
            quotaBytes: 1 << 30, retention: retention)
    }

    @Test("with a key that dies with the process, data files have no name and still work")
    func withoutNames() throws {
        let area = try area(.whileOpen)
        let content = [UInt8](repeating: 7, count: 300_000)

        let file = try area.makeFile()
        try file.write(content.span, at: 0)
        try file.synchronize()

        #expect(try directory.names() == ["lock"])
        let read = try [UInt8](capacity: content.count) { (output: inout OutputSpan<UInt8>) in
            try file.read(at: 0, into: &output)
        }
        #expect(read == content)
        #expect(area.usedBytes > 300_000)
        try file.discard()
        #expect(area.usedBytes == 0)
    }

    @Test("otherwise a data file has a name until it is discarded") func withNames() throws {
        let area = try area(.untilDiscarded)

        let file = try area.makeFile()
        #expect(try directory.names().count == 2)

        try file.discard()
        #expect(try directory.names() == ["lock"])
    }

    @Test("a second owner of the directory is refused (K11)") func secondOwner() throws {
        let first = try area(.whileOpen)

        #expect {
            _ = try area(.whileOpen)
        } throws: { error in
            (error as? StagingError)?.code == .inUse
        }
        #expect(first.usedBytes == 0)
    }
}
