import HTTP
import ObjectStorage

// The one place where an HTTP status, an S3 error code or a transport's failure becomes an
// `ObjectStoreError.Code`.

extension ObjectStoreError.Code {
    /// By the store's own code, for those that mean the same whatever the status is.
    /// Source: S3 API Reference, "Error responses"; AWS KMS API Reference, errors, as S3 passes
    /// them.
    private static let byStoreCode: [String: ObjectStoreError.Code] = [
        "NoSuchKey": .noSuchKey, "NoSuchVersion": .noSuchKey,
        "NoSuchBucket": .noSuchBucket, "NoSuchUpload": .noSuchUpload,
        "InvalidPart": .invalidPart,

        "AccessDenied": .accessDenied, "AllAccessDisabled": .accessDenied,
        "AccountProblem": .accessDenied, "UnauthorizedAccess": .accessDenied,
        "InvalidPayer": .accessDenied, "NotSignedUp": .accessDenied,
        "KMS.DisabledException": .accessDenied, "KMS.NotFoundException": .accessDenied,
        "KMS.InvalidStateException": .accessDenied, "KMS.KMSInvalidStateException": .accessDenied,

        "InvalidAccessKeyId": .credentialsRejected, "SignatureDoesNotMatch": .credentialsRejected,
        "ExpiredToken": .credentialsRejected, "InvalidToken": .credentialsRejected,
        "TokenRefreshRequired": .credentialsRejected,
        "AuthorizationHeaderMalformed": .credentialsRejected,
        "InvalidSecurity": .credentialsRejected, "InvalidClientTokenId": .credentialsRejected,
        "RequestTimeTooSkewed": .clockSkewed, "RequestExpired": .clockSkewed,

        "PreconditionFailed": .preconditionFailed, "ConditionalRequestConflict": .conflict,
        "OperationAborted": .conflict, "InvalidRange": .invalidRange,
        "InvalidObjectState": .archived, "ObjectLocked": .locked,
        "EntityTooLarge": .tooLarge, "MaxMessageLengthExceeded": .tooLarge,
        "QuotaExceeded": .quotaExceeded, "InsufficientStorage": .quotaExceeded,
        "StorageFull": .quotaExceeded, "XMinioStorageFull": .quotaExceeded,

        "SlowDown": .throttled, "SlowDownRead": .throttled, "SlowDownWrite": .throttled,
        "Throttling": .throttled, "ThrottlingException": .throttled,
        "ThrottledException": .throttled, "RequestThrottled": .throttled,
        "RequestThrottledException": .throttled, "RequestLimitExceeded": .throttled,
        "TooManyRequestsException": .throttled, "BandwidthLimitExceeded": .throttled,
        "KMS.ThrottlingException": .throttled, "PriorRequestNotComplete": .throttled,

        "InternalError": .serverFailure, "ServiceUnavailable": .serverFailure,
        "InternalFailure": .serverFailure, "Unavailable": .serverFailure,
        "RequestTimeout": .timedOut, "IncompleteBody": .networkFailure,
        "BadDigest": .checksumMismatch, "XAmzContentSHA256Mismatch": .checksumMismatch,
        "XAmzContentChecksumMismatch": .checksumMismatch,

        "NotImplemented": .unsupported, "MethodNotAllowed": .unsupported,
    ]

    private init(status: Int) {
        self =
            switch status {
            case 401, 403: .accessDenied
            case 405, 501: .unsupported
            case 408: .timedOut
            case 409: .conflict
            case 412: .preconditionFailed
            case 413: .tooLarge
            case 416: .invalidRange
            // The answer to a HEAD says no more than 503, and S3's is SlowDown.
            case 429, 503: .throttled
            case 507: .quotaExceeded
            case 500...: .serverFailure
            // A 404 that no store signed proves nothing: it may come from a proxy.
            case 404, 304, ..<300: .malformedResponse
            default: .invalidRequest
            }
    }

    /// - Parameter headMeaning: what a 404 without a body means, for a HEAD request.
    fileprivate init(status: Int, storeCode: String?, headMeaning: ObjectStoreError.Code?) {
        if let storeCode, let code = Self.byStoreCode[storeCode] {
            self = code
        } else if status == 404, let headMeaning {
            self = headMeaning
        } else if status == 409, storeCode != nil {
            // Such as a server's that keeps keys as paths and has a file where a directory is due.
            self = .invalidRequest
        } else {
            self.init(status: status)
        }
    }
}

extension ObjectStoreError {
    /// An answer that is no success.
    /// - Parameter headMeaning: what a 404 means, for a HEAD request, whose answer has no body.
    init(
        _ response: HTTPResponse, document: S3ErrorDocument, operation: String,
        headMeaning: ObjectStoreError.Code? = nil
    ) {
        let status = response.head.status
        let headers = response.head.headers
        let code = Code(status: status, storeCode: document.code, headMeaning: headMeaning)
        self.init(
            code, operation: operation, status: status,
            requestID: S3ErrorDocument.word(headers["x-amz-request-id"]) ?? document.requestID,
            storeCode: document.code, detail: Self.advice(code, document: document))
    }

    private static func advice(_ code: Code, document: S3ErrorDocument) -> String? {
        switch (code, document.code) {
        case (.clockSkewed, _): "set this machine's clock (NTP)"
        case (.archived, _): "restore the object from the archive first"
        case (_, "PermanentRedirect"), (_, "TemporaryRedirect"):
            document.region.map { "the bucket is in region \($0)" }
        case (_, "AuthorizationHeaderMalformed"):
            document.region.map { "the store expects region \($0)" }
        case (.credentialsRejected, "SignatureDoesNotMatch"): "the secret key is wrong"
        case (.credentialsRejected, "InvalidAccessKeyId"): "the access key is not known"
        case (_, let storeCode?) where storeCode.hasPrefix("KMS."): "the KMS key cannot be used"
        default: nil
        }
    }

    /// A transport's failure.
    init(_ error: HTTPError, operation: String) {
        let code: Code =
            switch error.code {
            case .nameNotResolved, .notConnected, .interrupted: .networkFailure
            case .timedOut: .timedOut
            case .tlsRefused: .untrustedServer
            case .invalidRequest: .invalidRequest
            case .tooLarge, .malformedResponse: .malformedResponse
            case .streamFailed: error.cause?.code ?? .localDisk
            case .cancelled: .cancelled
            }
        self.init(
            code, operation: operation, detail: error.cause?.detail ?? error.detail,
            cause: error.cause?.cause)
    }

    /// An answer that breaks the protocol.
    static func malformed(
        _ operation: String, _ detail: String, status: Int? = nil
    ) -> ObjectStoreError {
        ObjectStoreError(.malformedResponse, operation: operation, status: status, detail: detail)
    }
}

extension ObjectStoreError {
    /// An error that came with status 200: as if with 500, unless its own code says better.
    init(inSuccess document: S3ErrorDocument, operation: String) {
        self.init(
            Code(status: 500, storeCode: document.code, headMeaning: nil), operation: operation,
            status: 200, requestID: document.requestID, storeCode: document.code)
    }
}
