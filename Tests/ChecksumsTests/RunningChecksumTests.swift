import Checksums
import ObjectStorage
import Testing

@Suite struct RunningChecksumTests {
    private static let algorithms: [ChecksumAlgorithm] = [.crc64NVME, .crc32C]

    @Test("combined checksums of two runs equal the checksum of the whole", arguments: algorithms)
    func combine(algorithm: ChecksumAlgorithm) {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<9_000).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let whole = Checksum(of: bytes.span, algorithm: algorithm)
        for cut in [0, 1, 7, 8, 4_096, 8_999, 9_000, Int.random(in: 0...9_000, using: &random)] {
            let first = Checksum(of: bytes.span.extracting(0..<cut), algorithm: algorithm)
            let second = Checksum(of: bytes.span.extracting(cut..<9_000), algorithm: algorithm)
            let both = first.followed(by: second, nextLength: UInt64(9_000 - cut))
            #expect(both == whole, "cut \(cut) seed \(seed)")
        }
    }

    @Test(
        "combining adds up over lengths beyond memory: twice 2^62 is 2^63, 2^64 - 1 is a turn"
    )
    func combineHuge() {
        let start: UInt64 = 0xAE8B_1486_0A79_9888
        let half = CRC64NVME.combine(start, 0, secondLength: 1 << 62)
        let twice = CRC64NVME.combine(half, 0, secondLength: 1 << 62)
        #expect(twice == CRC64NVME.combine(start, 0, secondLength: 1 << 63))
        // The polynomial is primitive, so x has the order 2^64 - 1.
        #expect(CRC64NVME.combine(start, 0, secondLength: .max) == start)
        #expect(CRC64NVME.combine(start, 0, secondLength: .max / 3) != start)
    }

    @Test("checksums of different algorithms do not combine")
    func combineMixed() {
        let wide = Checksum(algorithm: .crc64NVME, value: 1)
        let narrow = Checksum(algorithm: .crc32C, value: 1)
        #expect(wide.followed(by: narrow, nextLength: 1) == nil)
    }

    @Test("a source longer than one chunk has the checksum of its bytes", arguments: algorithms)
    func source(algorithm: ChecksumAlgorithm) throws {
        let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let sum = try Checksum(of: MemorySource(bytes), algorithm: algorithm)
        #expect(sum == Checksum(of: bytes.span, algorithm: algorithm))
    }

    @Test("a source that ends before its size is an error, not a checksum of less")
    func shortSource() {
        let error = #expect(throws: ObjectStoreError.self) {
            try Checksum(of: ShortSource(), algorithm: .crc64NVME)
        }
        #expect(error?.code == .localDisk)
    }
}

/// Claims 10 bytes and has none.
private struct ShortSource: ByteSource {
    var count: UInt64 { 10 }

    func read(
        at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(ObjectStoreError) {}
}
