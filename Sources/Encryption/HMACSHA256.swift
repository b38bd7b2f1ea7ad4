private import CLibCrypto
private import ObjectStorage

/// The keyed hash that signs requests and authenticates maps.
/// Source: RFC 2104, FIPS 198-1; OpenSSL `EVP_MAC(3)`.
package enum HMACSHA256 {
    /// Bytes of a code.
    package static let length = 32

    /// The code of `bytes` under `key` of any length.
    ///
    /// Stops the process when OpenSSL is out of memory, as `SHA256` does.
    package static func authenticationCode(
        of bytes: Span<UInt8>, key: Span<UInt8>
    ) -> [UInt8] {
        do {
            return try tryAuthenticationCode(of: bytes, key: key)
        } catch {
            preconditionFailure("HMAC-SHA256 failed: \(error)")
        }
    }

    /// Whether two codes are equal, in a time that does not depend on where they differ.
    package static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        // SAFETY: both regions hold `count` bytes for the time of the call.
        return unsafe left.withUnsafeBufferPointer { first in
            unsafe right.withUnsafeBufferPointer { second in
                guard let one = first.baseAddress, let other = second.baseAddress else {
                    return true
                }
                return unsafe CRYPTO_memcmp(one, other, first.count) == 0
            }
        }
    }

    private static func tryAuthenticationCode(
        of bytes: Span<UInt8>, key: Span<UInt8>
    ) throws(EncryptionError) -> [UInt8] {
        let template = try HMACTemplate.get()
        guard let context = unsafe EVP_MAC_CTX_dup(template.context) else {
            throw .library("EVP_MAC_CTX_dup")
        }
        defer { unsafe EVP_MAC_CTX_free(context) }

        // An empty key must still be a key: without an address OpenSSL keeps the old one.
        let padded = key.isEmpty ? [0] : [UInt8](copying: key)
        // SAFETY: OpenSSL copies the key during the call.
        let started = unsafe padded.withUnsafeBufferPointer {
            unsafe EVP_MAC_init(context, $0.baseAddress, $0.count, nil)
        }
        try EncryptionError.check(started, "EVP_MAC_init")
        // SAFETY: OpenSSL reads `count` bytes during the call only.
        let updated = unsafe bytes.withUnsafeBufferPointer {
            unsafe EVP_MAC_update(context, $0.baseAddress, $0.count)
        }
        try EncryptionError.check(updated, "EVP_MAC_update")
        var code = [UInt8](repeating: 0, count: length)
        var written = 0
        // SAFETY: OpenSSL writes at most `count` bytes.
        let finished = unsafe code.withUnsafeMutableBufferPointer {
            unsafe EVP_MAC_final(context, $0.baseAddress, &written, $0.count)
        }
        try EncryptionError.check(finished, "EVP_MAC_final")
        guard written == length else {
            throw EncryptionError(.wrongSize, detail: "HMAC of \(written) bytes")
        }
        return code
    }
}

/// A MAC context with the digest chosen and no key: a copy of it saves the lookups of each call.
@safe
private struct HMACTemplate: @unchecked Sendable {
    // `@unchecked`: only ever read (duplicated) after `init`.
    let context: OpaquePointer

    private static let made = Result { () throws(EncryptionError) in try HMACTemplate() }

    static func get() throws(EncryptionError) -> HMACTemplate {
        try made.get()
    }

    private init() throws(EncryptionError) {
        let algorithms = try FetchedAlgorithms.get()
        guard let context = unsafe EVP_MAC_CTX_new(algorithms.hmac) else {
            throw .library("EVP_MAC_CTX_new")
        }
        var name = Array("SHA256\0".utf8CString)
        // SAFETY: the parameters point into `name`, which outlives the call.
        let result = unsafe name.withUnsafeMutableBufferPointer { text in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, text.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe EVP_MAC_CTX_set_params(context, parameters)
        }
        guard result == 1 else {
            unsafe EVP_MAC_CTX_free(context)
            throw .library("EVP_MAC_CTX_set_params")
        }
        unsafe self.context = unsafe context
    }
}
