package import ObjectStorage

/// CRC-32C (Castagnoli), for stores that do not know CRC-64/NVME.
/// Source: RFC 3720 appendix B.4; S3 User Guide, "Checking object integrity in Amazon S3".
package struct CRC32C: Sendable {
    private static let ring = PolynomialRing<UInt32>(polynomial: 0x82F6_3B78)

    private var register = UInt32.max

    /// The checksum of no bytes.
    package init() {}

    /// Takes the next bytes.
    package mutating func update(_ bytes: Span<UInt8>) {
        update(bytes, with: .best)
    }

    /// Takes the next bytes by a given kernel, which must be available here.
    package mutating func update(_ bytes: Span<UInt8>, with kernel: ChecksumKernel) {
        register = advanceCRC32C(register, over: bytes, with: kernel)
    }

    /// The checksum of all bytes so far.
    package var value: UInt32 { ~register }

    /// The checksum of all bytes so far, with its algorithm.
    package var checksum: Checksum { Checksum(algorithm: .crc32C, value: UInt64(value)) }

    /// The checksum of two runs of bytes, one behind the other, from the checksums of each.
    /// - Parameter secondLength: bytes of the second run.
    package static func combine(
        _ first: UInt32, _ second: UInt32, secondLength: UInt64
    ) -> UInt32 {
        ring.shift(first, byteCount: secondLength) ^ second
    }
}
