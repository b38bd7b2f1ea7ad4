/// Wraps data keys so that they can rest on a disk: AES-256-GCM under a subkey of the master key.
package struct KeyWrapping: Sendable {
    /// Bytes of a wrapped data key: IV, tag, key.
    package static let wrappedLength = DataKey.length + AES256GCM.overhead

    private let cipher: AES256GCM

    package init(key: DataKey) {
        cipher = AES256GCM(key: key)
    }

    /// - Parameter context: what the key belongs to, such as a file's id; needed again to unwrap.
    /// - Returns: 60 bytes.
    package func wrap(_ key: DataKey, context: Span<UInt8>) throws(EncryptionError) -> [UInt8] {
        try key.secret.withBytes { (secret) throws(EncryptionError) in
            try [UInt8](capacity: Self.wrappedLength) {
                (output: inout OutputSpan<UInt8>) throws(EncryptionError) in
                try cipher.seal(secret, additionalData: context, into: &output)
            }
        }
    }

    /// - Throws: `authenticationFailed` under another master key or for another context: the caller
    ///   keeps the file and calls it locked.
    package func unwrap(
        _ wrapped: Span<UInt8>, context: Span<UInt8>
    ) throws(EncryptionError) -> DataKey {
        guard wrapped.count == Self.wrappedLength else {
            throw EncryptionError(.wrongSize, detail: "a wrapped key of \(wrapped.count) bytes")
        }
        return try DataKey(
            unsafe SecretBytes(count: DataKey.length) { (target) throws(EncryptionError) in
                // SAFETY: `target` is the new secret's own memory, used inside the closure only.
                var output = unsafe OutputSpan(buffer: target, initializedCount: 0)
                try cipher.open(wrapped, additionalData: context, into: &output)
                _ = unsafe output.finalize(for: target)
            })
    }
}
