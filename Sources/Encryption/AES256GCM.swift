private import CLibCrypto
private import ObjectStorage
private import Synchronization

/// Encrypts and authenticates blocks with AES-256 in Galois/Counter Mode.
///
/// A sealed block is IV (12 bytes), tag (16 bytes), ciphertext (as long as the plaintext), in this
/// order. The IV is random and made inside OpenSSL for each block; one key may so seal up to 2^32
/// blocks (256 TiB at 64 KiB). Any number of threads may use one value at once.
/// Source: NIST SP 800-38D sections 8.2.2, 8.3; OpenSSL `EVP_EncryptInit(3)`, "AEAD Interface".
package struct AES256GCM: Sendable {
    /// Bytes of an IV.
    package static let ivLength = 12
    /// Bytes of a tag.
    package static let tagLength = 16
    /// Bytes that a sealed block is longer than its plaintext.
    package static let overhead = ivLength + tagLength
    /// The longest block, in bytes: what one EVP call takes.
    package static let maximumLength = 1 << 30

    private let key: DataKey

    package init(key: DataKey) {
        self.key = key
    }

    /// Appends IV, tag and ciphertext of `plaintext` to `output`.
    /// - Parameter additionalData: what the block is bound to; needed again to open it.
    /// - Throws: `wrongSize` when `output` has no room, `libraryFailed`. Nothing is appended then.
    package func seal(
        _ plaintext: Span<UInt8>, additionalData: Span<UInt8>,
        into output: inout OutputSpan<UInt8>
    ) throws(EncryptionError) {
        guard plaintext.count <= Self.maximumLength,
            output.freeCapacity >= plaintext.count + Self.overhead
        else { throw EncryptionError(.wrongSize, detail: "seal of \(plaintext.count) bytes") }
        let context = try CipherContext.take()
        defer { context.giveBack() }
        try context.begin(sealing: true, key: key, additionalData: additionalData)
        // SAFETY: `Self.overhead + count` bytes are free, checked above.
        try unsafe output.withUnsafeMutableBufferPointer {
            (target, initialized) throws(EncryptionError) in
            guard let start = target.baseAddress else { return }
            let sealed = unsafe start + initialized
            try unsafe context.update(plaintext, into: sealed + Self.overhead)
            try unsafe context.finishSealing(iv: sealed, tag: sealed + Self.ivLength)
            initialized += plaintext.count + Self.overhead
        }
    }

    /// Appends the plaintext of a sealed block to `output`.
    /// - Throws: `authenticationFailed` when the key, the additional data or any byte differs:
    ///   nothing
    ///   is appended and the decrypted bytes are wiped. `wrongSize` when `output` has no room or
    ///   the block is too short.
    package func open(
        _ sealed: Span<UInt8>, additionalData: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(EncryptionError) {
        let count = sealed.count - Self.overhead
        guard count >= 0, count <= Self.maximumLength, output.freeCapacity >= count else {
            throw EncryptionError(.wrongSize, detail: "open of \(sealed.count) bytes")
        }
        let context = try CipherContext.take()
        defer { context.giveBack() }
        try context.begin(
            sealing: false, key: key, iv: sealed.extracting(..<Self.ivLength),
            additionalData: additionalData)
        // SAFETY: `count` bytes are free, checked above.
        try unsafe output.withUnsafeMutableBufferPointer {
            (target, initialized) throws(EncryptionError) in
            let start = unsafe target.baseAddress.map { unsafe $0 + initialized }
            if let start = unsafe start {
                try unsafe context.update(sealed.extracting(Self.overhead...), into: start)
            }
            do throws(EncryptionError) {
                try context.finishOpening(
                    tag: sealed.extracting(Self.ivLength..<Self.overhead))
            } catch {
                unsafe OPENSSL_cleanse(start, count)
                throw error
            }
            initialized += count
        }
    }
}

/// One EVP_CIPHER_CTX, used by one thread at a time.
@safe
private final class CipherContext: @unchecked Sendable {
    // `@unchecked`: whoever took it from the pool is its only user; the pool's lock hands it over.
    private let handle: OpaquePointer

    /// Contexts kept for reuse: more than the threads that seal at once.
    private static let maximumIdle = 16
    private static let idle = Mutex<[CipherContext]>([])

    static func take() throws(EncryptionError) -> CipherContext {
        if let context = idle.withLock({ $0.popLast() }) { return context }
        guard let handle = unsafe EVP_CIPHER_CTX_new() else { throw .library("EVP_CIPHER_CTX_new") }
        return unsafe CipherContext(handle)
    }

    private init(_ handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(handle)
    }

    /// Forgets the key and goes back to the pool.
    func giveBack() {
        // Wipes the key schedule. A context that cannot be reset is freed instead of kept.
        guard unsafe EVP_CIPHER_CTX_reset(handle) == 1 else { return }
        Self.idle.withLock { idle in
            if idle.count < Self.maximumIdle { idle.append(self) }
        }
    }

    /// Sets key and additional data. Without an IV, OpenSSL makes a random one.
    func begin(
        sealing: Bool, key: DataKey, iv: Span<UInt8>? = nil, additionalData: Span<UInt8>
    ) throws(EncryptionError) {
        let algorithms = try FetchedAlgorithms.get()
        let started = key.secret.withBytes { key in
            // SAFETY: the cipher's 32 key and 12 IV bytes are read during the call only.
            unsafe key.withUnsafeBufferPointer { key in
                guard let iv else {
                    return unsafe EVP_CipherInit_ex2(
                        handle, algorithms.aes256GCM, key.baseAddress, nil, sealing ? 1 : 0, nil)
                }
                return unsafe iv.withUnsafeBufferPointer { iv in
                    unsafe EVP_CipherInit_ex2(
                        handle, algorithms.aes256GCM, key.baseAddress, iv.baseAddress,
                        sealing ? 1 : 0, nil)
                }
            }
        }
        try EncryptionError.check(started, "EVP_CipherInit_ex2")
        guard !additionalData.isEmpty else { return }
        var length: Int32 = 0
        // SAFETY: without an output the bytes are only authenticated.
        let result = unsafe additionalData.withUnsafeBufferPointer {
            unsafe EVP_CipherUpdate(handle, nil, &length, $0.baseAddress, Int32($0.count))
        }
        try EncryptionError.check(result, "EVP_CipherUpdate of additional data")
    }

    /// Transforms `bytes` into as many at `target`.
    func update(
        _ bytes: Span<UInt8>, into target: UnsafeMutablePointer<UInt8>
    ) throws(EncryptionError) {
        guard !bytes.isEmpty else { return }
        var length: Int32 = 0
        // SAFETY: GCM is a stream mode: it writes exactly as many bytes as it reads.
        let result = unsafe bytes.withUnsafeBufferPointer {
            unsafe EVP_CipherUpdate(handle, target, &length, $0.baseAddress, Int32($0.count))
        }
        try EncryptionError.check(result, "EVP_CipherUpdate")
        guard Int(length) == bytes.count else {
            throw EncryptionError(.libraryFailed, detail: "EVP_CipherUpdate stopped early")
        }
    }

    /// Ends a sealing and writes its 12 bytes of IV and 16 of tag.
    func finishSealing(
        iv: UnsafeMutablePointer<UInt8>, tag: UnsafeMutablePointer<UInt8>
    ) throws(EncryptionError) {
        var length: Int32 = 0
        var nothing: UInt64 = 0
        // SAFETY: GCM writes no byte at the end; `nothing` is only an address to give.
        let finished = unsafe withUnsafeMutableBytes(of: &nothing) {
            unsafe EVP_CipherFinal_ex(
                handle, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), &length)
        }
        try EncryptionError.check(finished, "EVP_CipherFinal_ex")
        try EncryptionError.check(
            unsafe EVP_CIPHER_CTX_ctrl(
                handle, EVP_CTRL_AEAD_GET_TAG, Int32(AES256GCM.tagLength), tag),
            "EVP_CTRL_AEAD_GET_TAG")
        try EncryptionError.check(
            unsafe EVP_CIPHER_CTX_get_original_iv(handle, iv, AES256GCM.ivLength),
            "EVP_CIPHER_CTX_get_original_iv")
    }

    /// Ends an opening.
    /// - Throws: `authenticationFailed`.
    func finishOpening(tag: Span<UInt8>) throws(EncryptionError) {
        var copy = [UInt8](copying: tag)
        // SAFETY: OpenSSL copies the 16 bytes.
        let set = unsafe copy.withUnsafeMutableBufferPointer {
            unsafe EVP_CIPHER_CTX_ctrl(
                handle, EVP_CTRL_AEAD_SET_TAG, Int32($0.count), $0.baseAddress)
        }
        try EncryptionError.check(set, "EVP_CTRL_AEAD_SET_TAG")
        var length: Int32 = 0
        var nothing: UInt64 = 0
        // SAFETY: GCM writes no byte at the end; `nothing` is only an address to give.
        let finished = unsafe withUnsafeMutableBytes(of: &nothing) {
            unsafe EVP_CipherFinal_ex(
                handle, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), &length)
        }
        guard finished == 1 else {
            throw .library("authentication of a block", code: .authenticationFailed)
        }
    }
}
