package import ObjectStorage

/// CRC-64/NVME, the checksum that S3 keeps for whole objects, also of multipart uploads.
/// Source: NVM Express NVM Command Set Specification 1.0, section 5.2.1.3.4; S3 User Guide,
/// "Checking object integrity in Amazon S3".
package struct CRC64NVME: Sendable {
    private static let ring = PolynomialRing<UInt64>(polynomial: 0x9A6C_9329_AC4B_C9B5)

    private var register = UInt64.max

    /// The checksum of no bytes.
    package init() {}

    /// Takes the next bytes.
    package mutating func update(_ bytes: Span<UInt8>) {
        update(bytes, with: .best)
    }

    /// Takes the next bytes by a given kernel, which must be available here.
    package mutating func update(_ bytes: Span<UInt8>, with kernel: ChecksumKernel) {
        register = advanceCRC64NVME(register, over: bytes, with: kernel)
    }

    /// The checksum of all bytes so far.
    package var value: UInt64 { ~register }

    /// The checksum of all bytes so far, with its algorithm.
    package var checksum: Checksum { Checksum(algorithm: .crc64NVME, value: value) }

    /// The checksum of two runs of bytes, one behind the other, from the checksums of each.
    /// - Parameter secondLength: bytes of the second run.
    package static func combine(
        _ first: UInt64, _ second: UInt64, secondLength: UInt64
    ) -> UInt64 {
        ring.shift(first, byteCount: secondLength) ^ second
    }
}
