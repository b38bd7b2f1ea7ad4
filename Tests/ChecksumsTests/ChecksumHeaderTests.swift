import Checksums
import ObjectStorage
import Testing

@Suite struct ChecksumHeaderTests {
    @Test("header values are big-endian Base64, as the AWS documentation's samples")
    func knownValues() {
        let wide = Checksum(algorithm: .crc64NVME, value: 0xAE8B_1486_0A79_9888)
        let narrow = Checksum(algorithm: .crc32C, value: 0xE306_9283)
        #expect(wide.headerValue == "rosUhgp5mIg=")
        #expect(narrow.headerValue == "4waSgw==")
        #expect(Checksum(algorithm: .crc64NVME, value: 0).headerValue == "AAAAAAAAAAA=")
        #expect(Checksum(algorithm: .crc64NVME, value: .max).headerValue == "//////////8=")
    }

    @Test("what is written is read back", arguments: [ChecksumAlgorithm.crc64NVME, .crc32C])
    func roundTrip(algorithm: ChecksumAlgorithm) {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let mask = algorithm == .crc32C ? UInt64(UInt32.max) : .max
            let value = UInt64.random(in: .min ... .max, using: &random) & mask
            let sum = Checksum(algorithm: algorithm, value: value)
            let read = Checksum(algorithm: algorithm, headerValue: sum.headerValue)
            #expect(read == sum, "\(value) seed \(seed)")
        }
    }

    @Test(
        "anything but the canonical form is refused",
        arguments: [
            "", "rosUhgp5mIg", "rosUhgp5mIg=-3", "rosUhgp5mIh=", "rosUhgp5mI==", "ros*hgp5mIg=",
            "rosUhgp5mIgA", "rosUhgp5mIgAAAA=", "rosUhgp5m\u{E9}=",
        ])
    func refused(text: String) {
        #expect(Checksum(algorithm: .crc64NVME, headerValue: text) == nil)
    }
}
