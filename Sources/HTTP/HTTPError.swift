package import ObjectStorage

/// Why an exchange gave no answer.
package struct HTTPError: Error, Sendable {
    package enum Code: String, Sendable {
        /// DNS gave no address.
        case nameNotResolved
        /// No TCP connection within the time, or refused.
        case notConnected
        /// The peer closed or reset before the answer was whole.
        case interrupted
        /// The answer's first byte, the whole exchange or the transfer rate missed its deadline.
        case timedOut
        /// The certificate or the TLS version is not acceptable. Never retried.
        case tlsRefused
        /// A header or URL holds CR, LF or NUL, or plain http is not allowed here.
        case invalidRequest
        /// The body or the headers are longer than allowed.
        case tooLarge
        /// The answer is no HTTP.
        case malformedResponse
        /// The sink or the source failed: see `cause`.
        case streamFailed
        /// The calling task was cancelled or the transport is shut down.
        case cancelled
    }

    package let code: Code
    /// What was seen, free of paths, queries and secrets.
    package let detail: String
    /// The sink's or source's error, for `streamFailed`.
    package let cause: ObjectStoreError?
    /// Whether any byte of the request may have reached the server.
    package let requestSent: Bool

    package init(
        _ code: Code, detail: String, cause: ObjectStoreError? = nil, requestSent: Bool = true
    ) {
        self.code = code
        self.detail = detail
        self.cause = cause
        self.requestSent = requestSent
    }
}
