private import CChecksums

/// A way of computing a checksum on this kind of processor.
package enum ChecksumKernel: Int32, Sendable, CaseIterable {
    /// Tables, on any processor.
    case table = 0
    /// x86-64 PCLMULQDQ and SSE4.2.
    case carrylessMultiply = 1
    /// x86-64 AVX-512 with VPCLMULQDQ.
    case wideCarrylessMultiply = 2

    /// The fastest that this processor can run.
    package static let best = ChecksumKernel(rawValue: wardfs_kernel_best()) ?? .table

    /// Whether this processor can run it.
    package var isAvailable: Bool { wardfs_kernel_available(rawValue) != 0 }
}

/// Advances the register of a reflected CRC-64/NVME.
func advanceCRC64NVME(
    _ register: UInt64, over bytes: Span<UInt8>, with kernel: ChecksumKernel
) -> UInt64 {
    // SAFETY: the kernel reads `count` bytes from the base address, inside this closure only.
    unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return register }
        return unsafe wardfs_crc64nvme(kernel.rawValue, register, base, buffer.count)
    }
}

/// Advances the register of a reflected CRC-32C.
func advanceCRC32C(
    _ register: UInt32, over bytes: Span<UInt8>, with kernel: ChecksumKernel
) -> UInt32 {
    // SAFETY: the kernel reads `count` bytes from the base address, inside this closure only.
    unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return register }
        return unsafe wardfs_crc32c(kernel.rawValue, register, base, buffer.count)
    }
}
