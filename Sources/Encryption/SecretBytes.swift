private import CLibCrypto
private import Synchronization

/// Key material in one place of memory that is locked against swapping where the kernel lets us,
/// left out of core dumps, and wiped when the last reference goes.
///
/// Never prints its content. Immutable, so that any thread may read it.
/// Source: OpenSSL `OPENSSL_secure_malloc(3)`.
@safe
package final class SecretBytes: @unchecked Sendable {
    // `@unchecked`: the memory is written in `init` and `deinit` only.
    private let address: UnsafeMutablePointer<UInt8>
    package let count: Int

    /// Makes `count` bytes that `fill` writes; they are zero before.
    /// - Parameter count: 1 to 4,096.
    /// - Throws: `libraryFailed` without memory, and what `fill` throws.
    package init(
        count: Int,
        filledBy fill: (UnsafeMutableBufferPointer<UInt8>) throws(EncryptionError) -> Void
    ) throws(EncryptionError) {
        precondition((1...4096).contains(count))
        let address = try unsafe SecureArena.allocate(count)
        unsafe address.initialize(repeating: 0, count: count)
        do {
            try unsafe fill(UnsafeMutableBufferPointer(start: address, count: count))
        } catch {
            unsafe SecureArena.free(address, count: count)
            throw error
        }
        self.count = count
        unsafe self.address = unsafe address
    }

    /// Copies `bytes`; the caller should let go of (and can `wipe`) its own copy.
    /// - Throws: `libraryFailed` without memory, `unusableKey` when there are no bytes or above
    ///   4,096.
    package convenience init(copying bytes: Span<UInt8>) throws(EncryptionError) {
        guard (1...4096).contains(bytes.count) else {
            throw EncryptionError(.unusableKey, detail: "a secret of \(bytes.count) bytes")
        }
        try unsafe self.init(count: bytes.count) { target in
            for index in bytes.indices { unsafe target[index] = bytes[index] }
        }
    }

    /// Fresh random bytes of OpenSSL's private generator.
    /// Source: OpenSSL `RAND_priv_bytes(3)`.
    package static func random(_ count: Int) throws(EncryptionError) -> SecretBytes {
        try unsafe SecretBytes(count: count) { (target) throws(EncryptionError) in
            try EncryptionError.check(
                unsafe RAND_priv_bytes(target.baseAddress, Int32(target.count)), "RAND_priv_bytes")
        }
    }

    deinit {
        unsafe SecureArena.free(address, count: count)
    }

    /// Lends the bytes to `body`, which must not keep a copy longer than it needs it.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let buffer = unsafe UnsafeBufferPointer(start: address, count: count)
        // SAFETY: the memory lives as long as `self`, which outlives the call.
        defer { withExtendedLifetime(self) {} }
        return try body(unsafe buffer.span)
    }

    /// Overwrites an array that held a secret, in a way that the compiler does not drop.
    package static func wipe(_ bytes: inout [UInt8]) {
        // SAFETY: the array's own storage, for its count.
        unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe OPENSSL_cleanse($0.baseAddress, $0.count)
        }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// OpenSSL's locked memory, with ordinary memory behind it when it is full.
private enum SecureArena {
    /// 256 KiB: some 2,000 keys of open files, and below the usual RLIMIT_MEMLOCK of 8 MiB.
    private static let size = 256 << 10
    /// The smallest piece that it hands out: half a key.
    private static let smallestPiece = 16

    /// 0 when there is none, 1 when locked, 2 when the kernel refused to lock it.
    private static let state = CRYPTO_secure_malloc_init(size, smallestPiece)

    static func allocate(_ count: Int) throws(EncryptionError) -> UnsafeMutablePointer<UInt8> {
        _ = state
        // SAFETY: both return memory for `count` bytes or nil; `free` takes either kind.
        let raw = unsafe CRYPTO_secure_malloc(count, nil, 0) ?? CRYPTO_malloc(count, nil, 0)
        guard let raw = unsafe raw else { throw .library("CRYPTO_malloc") }
        return unsafe raw.bindMemory(to: UInt8.self, capacity: count)
    }

    static func free(_ address: UnsafeMutablePointer<UInt8>, count: Int) {
        // Wipes, and tells locked from ordinary memory by the address.
        unsafe CRYPTO_secure_clear_free(address, count, nil, 0)
    }
}
