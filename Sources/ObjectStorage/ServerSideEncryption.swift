/// How the store encrypts an object at rest.
/// Source: S3 User Guide, "Protecting data with server-side encryption".
package enum ServerSideEncryption: Hashable, Sendable {
    /// Not encrypted, or the store does not say. Only servers without SSE are written to so.
    case none
    /// SSE-S3, `x-amz-server-side-encryption: AES256`.
    case s3
    /// SSE-KMS, `aws:kms`. Without a key id, the account's default key.
    case kms(keyID: String?, bucketKey: Bool)
    /// Dual-layer SSE-KMS, `aws:kms:dsse`.
    case dualLayerKMS(keyID: String?)

    /// Whether an answer that says `self` satisfies a request for `wanted`: the same kind and,
    /// where a key was named, the same key.
    ///
    /// A key id may be asked for as an id, an alias or an ARN, and is answered as an ARN: an id
    /// matches the ARN's last component; an alias cannot be checked and matches any key.
    package func satisfies(_ wanted: ServerSideEncryption) -> Bool {
        switch (wanted, self) {
        case (.none, _), (.s3, .s3): true
        case (.kms(let wantedKey, _), .kms(let key, _)),
            (.dualLayerKMS(let wantedKey), .dualLayerKMS(let key)):
            Self.keyMatches(wanted: wantedKey, answered: key)
        default: false
        }
    }

    private static func keyMatches(wanted: String?, answered: String?) -> Bool {
        guard let wanted, !wanted.contains("alias/") else { return true }
        guard let answered else { return false }
        return answered == wanted || answered.hasSuffix("/" + wanted)
            || wanted.hasSuffix("/" + answered)
    }
}
