package import ObjectStorage

/// A text that never prints: a secret key or a session token.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Never log it.
    package let rawValue: String

    package init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a request is signed with.
/// Source: IAM User Guide, "AWS security credentials".
package struct AWSCredentials: Hashable, Sendable {
    package let accessKeyID: Secret
    package let secretAccessKey: Secret
    package let sessionToken: Secret?
    /// When the store will refuse them; nil for long-term keys.
    package let expiration: Timestamp?

    package init(
        accessKeyID: Secret, secretAccessKey: Secret, sessionToken: Secret?, expiration: Timestamp?
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}
