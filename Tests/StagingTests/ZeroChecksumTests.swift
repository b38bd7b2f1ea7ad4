import Testing

@testable import Staging

@Suite("ZeroChecksum")
struct ZeroChecksumTests {
    @Test(
        "the checksum of zeros is the one of zero bytes",
        arguments: [0, 1, 2, 3, 7, 64, 1000, 65_535, 65_536, 100_003])
    func zeros(count: Int) {
        let expected = [UInt8](repeating: 0, count: count).crc64NVME

        #expect(ZeroChecksum.crc64NVME(count: UInt64(count)) == expected)
    }
}
