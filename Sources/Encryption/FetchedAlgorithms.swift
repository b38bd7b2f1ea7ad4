private import CLibCrypto

/// The algorithms of OpenSSL that WardFS uses, looked up once.
///
/// A lookup by name costs more than hashing a short string, so that a fetched handle is kept for
/// the life of the process. Handles are immutable and may be used from any thread.
/// Source: OpenSSL 3.0 `crypto(7)`, "Algorithm fetching", "Performance".
@safe
struct FetchedAlgorithms: @unchecked Sendable {
    // SAFETY: OpenSSL's fetched handles may be shared by threads; they live as long as the process.
    // `@unchecked`: the handles are never changed or freed after `init`.
    let sha256: OpaquePointer
    let hmac: OpaquePointer
    let kbkdf: OpaquePointer
    let aes256GCM: OpaquePointer

    private static let loaded = Result { () throws(EncryptionError) in try FetchedAlgorithms() }

    /// - Throws: `libraryFailed` when the provider (such as FIPS) lacks an algorithm.
    static func get() throws(EncryptionError) -> FetchedAlgorithms {
        try loaded.get()
    }

    private init() throws(EncryptionError) {
        unsafe sha256 = try Self.found(EVP_MD_fetch(nil, "SHA256", nil), "SHA256")
        unsafe hmac = try Self.found(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
        unsafe kbkdf = try Self.found(EVP_KDF_fetch(nil, "KBKDF", nil), "KBKDF")
        unsafe aes256GCM = try Self.found(
            EVP_CIPHER_fetch(nil, "AES-256-GCM", nil), "AES-256-GCM")
    }

    private static func found(
        _ handle: OpaquePointer?, _ name: String
    ) throws(EncryptionError) -> OpaquePointer {
        guard let handle = unsafe handle else { throw .library("fetch of \(name)") }
        return unsafe handle
    }
}

/// OpenSSL as this process sees it.
package enum CryptographicLibrary {
    /// Proves that every algorithm is there, so that a missing one is a sentence at the start and
    /// not a stop in the middle.
    /// - Throws: `libraryFailed`.
    package static func verify() throws(EncryptionError) {
        _ = try FetchedAlgorithms.get()
        let nothing: [UInt8] = []
        _ = try SHA256.tryDigest(of: nothing.span)
        _ = try RandomBytes.system(16)
    }

    /// The library's own version line, for `wardfs version`.
    package static var version: String {
        // SAFETY: a static string of OpenSSL.
        unsafe String(cString: OpenSSL_version(OPENSSL_VERSION))
    }
}
