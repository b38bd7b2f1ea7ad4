private import CLibCrypto

/// The key that encrypts one file's blocks: 256 random bits.
package struct DataKey: Sendable {
    /// Bytes of an AES-256 key.
    package static let length = 32

    package let secret: SecretBytes

    /// - Throws: `unusableKey` unless there are 32 bytes.
    package init(_ secret: SecretBytes) throws(EncryptionError) {
        guard secret.count == Self.length else {
            throw EncryptionError(.unusableKey, detail: "a data key of \(secret.count) bytes")
        }
        self.secret = secret
    }

    /// A fresh key. Two calls never give the same one.
    package static func random() throws(EncryptionError) -> DataKey {
        try DataKey(SecretBytes.random(length))
    }
}

/// The key from which all others of a mount are derived. Encrypts nothing itself.
package struct MasterKey: Sendable {
    /// The shortest material that is taken, in bytes.
    package static let minimumLength = 32

    private let secret: SecretBytes

    /// A key that nobody can recover when the process ends: what it protected is then erased.
    package static func ephemeral() throws(EncryptionError) -> MasterKey {
        MasterKey(secret: try SecretBytes.random(minimumLength))
    }

    /// A key from material that the caller read from a file or a key service.
    /// - Throws: `unusableKey` below 32 or above 4,096 bytes.
    package init(material: Span<UInt8>) throws(EncryptionError) {
        guard material.count >= Self.minimumLength else {
            throw EncryptionError(
                .unusableKey,
                detail: "\(material.count) bytes of key material; at least 32 are needed")
        }
        secret = try SecretBytes(copying: material)
    }

    private init(secret: SecretBytes) {
        self.secret = secret
    }

    /// The subkey for one purpose.
    /// - Parameters:
    ///   - purpose: a constant that no other use of the master key has.
    ///   - context: what the key is bound to, such as the mount's id.
    package func subkey(
        for purpose: StaticString, context: Span<UInt8>
    ) throws(EncryptionError) -> DataKey {
        // SAFETY: the literal's bytes are copied inside the closure.
        let label = purpose.withUTF8Buffer { unsafe [UInt8]($0) }
        return try DataKey(
            KeyDerivation.derive(
                from: secret, label: label.span, context: context, count: DataKey.length))
    }
}
