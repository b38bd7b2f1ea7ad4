/// A URL that is a credential in itself. Prints redacted.
package struct PresignedURL: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The whole URL. Never log it.
    package let rawValue: String

    init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { "<presigned URL>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
