private import CLibCrypto

/// Derives keys from a key: the KDF in counter mode with HMAC-SHA256.
/// Source: NIST SP 800-108 section 4.1; OpenSSL `EVP_KDF-KB(7)`.
package enum KeyDerivation {
    /// - Parameters:
    ///   - label: the purpose; not empty.
    ///   - context: what the derived key is bound to; may be empty.
    ///   - count: bytes to make, 1 to 4,096.
    /// - Throws: `libraryFailed`.
    package static func derive(
        from key: SecretBytes, label: Span<UInt8>, context: Span<UInt8>, count: Int
    ) throws(EncryptionError) -> SecretBytes {
        precondition(!label.isEmpty)
        let algorithms = try FetchedAlgorithms.get()
        guard let derivation = unsafe EVP_KDF_CTX_new(algorithms.kbkdf) else {
            throw .library("EVP_KDF_CTX_new")
        }
        defer { unsafe EVP_KDF_CTX_free(derivation) }
        return try unsafe SecretBytes(count: count) { (target) throws(EncryptionError) in
            // SAFETY: all regions hold their count for the time of the call.
            let result = key.withBytes { key in
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe label.withUnsafeBufferPointer { label in
                        unsafe context.withUnsafeBufferPointer { context in
                            unsafe wardfs_kbkdf_derive(
                                derivation, key.baseAddress, key.count, label.baseAddress,
                                label.count, context.baseAddress, context.count,
                                target.baseAddress, target.count)
                        }
                    }
                }
            }
            try EncryptionError.check(result, "EVP_KDF_derive")
        }
    }
}
