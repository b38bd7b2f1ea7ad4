import Checksums
import ObjectStorage
import Testing

/// The definition, one bit at a time.
private func bitwise<Word: FixedWidthInteger>(_ polynomial: Word, _ bytes: [UInt8]) -> Word {
    var register = ~Word.zero
    for byte in bytes {
        register ^= Word(byte)
        for _ in 0..<8 {
            register = register & 1 == 1 ? register >> 1 ^ polynomial : register >> 1
        }
    }
    return ~register
}

private func crc64Bitwise(_ bytes: [UInt8]) -> UInt64 { bitwise(0x9A6C_9329_AC4B_C9B5, bytes) }
private func crc32Bitwise(_ bytes: [UInt8]) -> UInt32 { bitwise(0x82F6_3B78, bytes) }

@Suite struct ChecksumKernelTests {
    private static let available = ChecksumKernel.allCases.filter(\.isAvailable)
    private let check = Array("123456789".utf8)

    @Test("the table kernel runs anywhere and the best kernel is one that runs here")
    func availability() {
        #expect(ChecksumKernel.table.isAvailable)
        #expect(ChecksumKernel.best.isAvailable)
    }

    @Test("every kernel gives the published check values", arguments: available)
    func knownVectors(kernel: ChecksumKernel) {
        var wide = CRC64NVME()
        var narrow = CRC32C()
        #expect(wide.value == 0)
        #expect(narrow.value == 0)

        wide.update(check.span, with: kernel)
        narrow.update(check.span, with: kernel)

        #expect(wide.value == 0xAE8B_1486_0A79_9888)
        #expect(narrow.value == 0xE306_9283)
    }

    @Test(
        "every kernel equals the bitwise definition at every length around its block sizes",
        arguments: available)
    func lengthsAroundBlocks(kernel: ChecksumKernel) {
        let bytes = (0..<1600).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ $0 >> 3) }
        for length in 0...1600 where length < 40 || length % 16 < 2 || length % 16 == 15 {
            let part = Array(bytes[..<length])
            var wide = CRC64NVME()
            var narrow = CRC32C()
            wide.update(part.span, with: kernel)
            narrow.update(part.span, with: kernel)
            #expect(wide.value == crc64Bitwise(part), "length \(length)")
            #expect(narrow.value == crc32Bitwise(part), "length \(length)")
        }
    }

    @Test(
        "every kernel equals the definition on random lengths, alignments and cuts",
        arguments: available)
    func randomPieces(kernel: ChecksumKernel) {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<40_000).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        for _ in 0..<40 {
            let start = Int.random(in: 0..<64, using: &random)
            let end = Int.random(in: start...start + 6_000, using: &random)
            let cut = Int.random(in: start...end, using: &random)
            var wide = CRC64NVME()
            var narrow = CRC32C()
            for run in [start..<cut, cut..<end] {
                wide.update(bytes.span.extracting(run), with: kernel)
                narrow.update(bytes.span.extracting(run), with: kernel)
            }
            let whole = Array(bytes[start..<end])
            #expect(wide.value == crc64Bitwise(whole), "\(start) \(cut) \(end) seed \(seed)")
            #expect(narrow.value == crc32Bitwise(whole), "\(start) \(cut) \(end) seed \(seed)")
        }
    }
}
