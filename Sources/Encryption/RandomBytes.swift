private import CLibCrypto

/// A source of unpredictable bytes. Only tests use another than `RandomBytes.system`.
package typealias RandomByteSource = @Sendable (_ count: Int) throws(EncryptionError) -> [UInt8]

/// OpenSSL's generator, seeded by the kernel.
/// Source: OpenSSL `RAND_bytes(3)`.
package enum RandomBytes {
    /// - Parameter count: 0 or more.
    /// - Throws: `libraryFailed` when the generator is not seeded; nothing weaker is used instead.
    package static func system(_ count: Int) throws(EncryptionError) -> [UInt8] {
        precondition((0...Int(Int32.max)).contains(count))
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: OpenSSL fills exactly `count` bytes.
        let result = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe RAND_bytes($0.baseAddress, Int32($0.count))
        }
        try EncryptionError.check(result, "RAND_bytes")
        return bytes
    }
}
