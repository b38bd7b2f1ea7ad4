import ObjectStorage

/// How often and how long a request is tried.
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior" (standard mode).
package struct RetryPolicy: Hashable, Sendable {
    /// The longest wait before the first retry of a transient error; doubles with each.
    package var transientBase: Duration = .milliseconds(50)
    /// The same when the store asked for fewer requests.
    package var throttledBase: Duration = .seconds(1)
    /// No wait is longer.
    package var longestWait: Duration = .seconds(20)
    /// Tries of a request that a reader waits for, each without progress.
    package var readTries = 10
    /// A reader's request is not tried again after this time without progress.
    package var readLimit: Duration = .seconds(60)
    /// A request that publishes written data is not tried again after this time.
    package var publishLimit: Duration = .seconds(600)

    package init() {}

    /// What waits for a request.
    enum Purpose: Sendable {
        /// A program that reads, lists or looks up.
        case read
        /// Data that was written and must reach the store.
        case publish
    }

    /// The wait before another try: full jitter.
    /// - Parameters:
    ///   - retry: 1 for the first retry.
    ///   - fraction: random, 0 to 1.
    func wait(before retry: Int, for kind: RetryKind, fraction: Double) -> Duration {
        let base = kind == .throttled ? throttledBase : transientBase
        // 2^20 times any base is beyond the cap.
        let longest = min(base * (1 << min(max(retry, 1) - 1, 20)), longestWait)
        return longest * fraction
    }
}

/// Whether an error is worth another try.
enum RetryKind: Sendable {
    case never
    /// Once: a repeated failure means that something is wrong on the way.
    case once
    case transient
    case throttled
}

extension ObjectStoreError.Code {
    /// Whether this error is worth another try of the same request.
    var retryKind: RetryKind {
        switch self {
        case .throttled: .throttled
        case .serverFailure, .networkFailure, .timedOut: .transient
        case .checksumMismatch, .malformedResponse: .once
        case .noSuchKey, .noSuchBucket, .noSuchUpload, .invalidPart, .accessDenied,
            .credentialsUnavailable, .credentialsRejected, .clockSkewed, .preconditionFailed,
            .conflict, .invalidRange,
            .archived, .locked, .tooLarge, .quotaExceeded, .untrustedServer,
            .encryptionNotConfirmed, .unsupported, .invalidRequest, .cancelled, .localDisk,
            .localDataDamaged:
            .never
        }
    }

    /// Whether the request may have taken effect although it failed so.
    var leavesEffectUnknown: Bool {
        switch self {
        case .serverFailure, .networkFailure, .timedOut, .malformedResponse, .checksumMismatch:
            true
        default: false
        }
    }
}
