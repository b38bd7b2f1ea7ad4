private import CLibCrypto

/// Hashes bytes as they come.
///
/// One hasher is used from one thread at a time. Like an allocation of Swift itself, hashing stops
/// the process when OpenSSL is out of memory; `CryptographicLibrary.verify` finds a missing
/// algorithm at the start.
/// Source: FIPS 180-4; OpenSSL `EVP_DigestInit(3)`.
@safe
package final class SHA256 {
    /// Bytes of a digest.
    package static let digestLength = 32
    /// Bytes that the function takes at once.
    static let blockLength = 64

    private let context: OpaquePointer

    package init() {
        do {
            unsafe context = try unsafe Self.makeContext()
        } catch {
            preconditionFailure("SHA-256 is not available: \(error)")
        }
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// Takes the next bytes.
    package func update(_ bytes: Span<UInt8>) {
        // SAFETY: OpenSSL reads `count` bytes during the call only.
        let result = unsafe bytes.withUnsafeBufferPointer {
            unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
        }
        precondition(result == 1, "EVP_DigestUpdate failed")
    }

    /// The digest of all bytes taken so far; the hasher then starts anew.
    package func finalize() -> [UInt8] {
        do {
            let digest = try unsafe Self.finish(context)
            try unsafe Self.start(context)
            return digest
        } catch {
            preconditionFailure("SHA-256 failed: \(error)")
        }
    }

    /// The digest of `bytes`.
    package static func digest(of bytes: Span<UInt8>) -> [UInt8] {
        do {
            return try tryDigest(of: bytes)
        } catch {
            preconditionFailure("SHA-256 failed: \(error)")
        }
    }

    static func tryDigest(of bytes: Span<UInt8>) throws(EncryptionError) -> [UInt8] {
        let context = unsafe try makeContext()
        defer { unsafe EVP_MD_CTX_free(context) }
        // SAFETY: OpenSSL reads `count` bytes during the call only.
        let result = unsafe bytes.withUnsafeBufferPointer {
            unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
        }
        try EncryptionError.check(result, "EVP_DigestUpdate")
        return try unsafe finish(context)
    }

    private static func makeContext() throws(EncryptionError) -> OpaquePointer {
        guard let context = unsafe EVP_MD_CTX_new() else { throw .library("EVP_MD_CTX_new") }
        do {
            try unsafe start(context)
        } catch {
            unsafe EVP_MD_CTX_free(context)
            throw error
        }
        return unsafe context
    }

    private static func start(_ context: OpaquePointer) throws(EncryptionError) {
        let algorithms = try FetchedAlgorithms.get()
        try EncryptionError.check(
            unsafe EVP_DigestInit_ex(context, algorithms.sha256, nil), "EVP_DigestInit_ex")
    }

    private static func finish(_ context: OpaquePointer) throws(EncryptionError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: digestLength)
        // SAFETY: SHA-256 writes 32 bytes, the array's count.
        let result = unsafe digest.withUnsafeMutableBufferPointer {
            unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
        }
        try EncryptionError.check(result, "EVP_DigestFinal_ex")
        return digest
    }
}
