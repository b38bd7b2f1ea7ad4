/// Why a store did not do what it was asked.
///
/// Callers switch on `code`. Whether a code is worth another try is a property of the code; the
/// store has already made all tries that its retry policy allows when a caller sees the error.
package struct ObjectStoreError: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// HTTP 404 for an object: the only proof of absence.
        case noSuchKey
        case noSuchBucket
        /// The multipart upload does not exist (completed, aborted or never made).
        case noSuchUpload
        /// The upload does not hold a part as the store acknowledged it: all is to be sent again.
        case invalidPart
        /// The principal may not do this.
        case accessDenied
        /// No credentials were found, or they cannot be refreshed.
        case credentialsUnavailable
        /// The store rejects the signature or the key id.
        case credentialsRejected
        /// Local and server clocks differ by more than the signature allows.
        case clockSkewed
        /// If-Match or If-None-Match did not hold (412).
        case preconditionFailed
        /// A concurrent conditional request won (409).
        case conflict
        /// The range starts behind the end (416).
        case invalidRange
        /// The object is archived and must be restored first.
        case archived
        /// Object Lock or a legal hold forbids it.
        case locked
        /// Above a limit of the store (object or part size, part count).
        case tooLarge
        /// The store is out of space or over its quota.
        case quotaExceeded
        /// The store asks for fewer requests (503 SlowDown, 429).
        case throttled
        /// 5xx, or a 200 with an error in it.
        case serverFailure
        /// No connection, a reset, DNS.
        case networkFailure
        /// A deadline passed.
        case timedOut
        /// The server's TLS certificate could not be verified. Never retried.
        case untrustedServer
        /// The store did not confirm the encryption that was asked for.
        case encryptionNotConfirmed
        /// Received or stored bytes do not match their checksum.
        case checksumMismatch
        /// The answer breaks the protocol (bad XML, missing header, wrong range).
        case malformedResponse
        /// The store does not know the operation or option (501, 405).
        case unsupported
        /// The request itself is wrong (400), or a name or option that cannot be sent.
        case invalidRequest
        /// The caller was cancelled.
        case cancelled
        /// The local disk failed while a source was read.
        case localDisk
        /// Local data failed its authentication: nothing of it was sent.
        case localDataDamaged
    }

    package let code: Code
    /// The operation as the S3 API names it, such as `PutObject`.
    package let operation: String
    /// HTTP status, where there was an answer.
    package let status: Int?
    /// The store's request id, to name in a support case.
    package let requestID: String?
    /// The store's own error code, such as `SlowDown`. Never its message, which may hold the key.
    package let storeCode: String?
    /// What to do about it, or what was seen; free of names and secrets.
    package let detail: String?
    package let cause: (any Error)?

    package init(
        _ code: Code, operation: String, status: Int? = nil, requestID: String? = nil,
        storeCode: String? = nil, detail: String? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.operation = operation
        self.status = status
        self.requestID = requestID
        self.storeCode = storeCode
        self.detail = detail
        self.cause = cause
    }
}

extension ObjectStoreError: CustomStringConvertible {
    package var description: String {
        var text = "\(operation): \(code.rawValue)"
        if let status { text += ", HTTP \(status)" }
        if let storeCode { text += ", \(storeCode)" }
        if let requestID { text += ", request \(requestID)" }
        if let detail { text += ": \(detail)" }
        if let cause { text += " (\(cause))" }
        return text
    }
}
