package import SigV4

/// Gives the credentials to sign the next request with.
package protocol CredentialProvider: Sendable {
    /// Current credentials: from memory while fresh, else fetched; many callers share one fetch.
    func credentials() async throws(CredentialError) -> AWSCredentials

    /// Tells that the store refused these as expired or unknown; the next `credentials()` fetches.
    func invalidate(_ refused: AWSCredentials) async
}

/// Why there are no credentials.
package struct CredentialError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// No provider of the chain has any.
        case notFound
        /// A file, document or option is wrong.
        case invalid
        /// The service that gives them cannot be reached.
        case unreachable
        /// The service refused.
        case refused
    }

    package let code: Code
    /// What was tried and what to do; free of secrets.
    package let detail: String

    package init(_ code: Code, detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
