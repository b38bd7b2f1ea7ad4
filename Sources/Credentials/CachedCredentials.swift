private import Logging
private import ObjectStorage
package import SigV4
private import Telemetry

/// Keeps a source's credentials and renews them in time: 15 minutes before their end in the
/// background, at their end before the next use, at once when their file changes.
///
/// All callers share one fetch. A fetch goes on when its first caller is cancelled.
package actor CachedCredentials: CredentialProvider {
    private let source: any CredentialSource
    private let surroundings: CredentialSurroundings
    private var randomness: any RandomNumberGenerator & Sendable

    private var current: LoadedCredentials?
    /// The store refused `current`.
    private var isRefused = false
    private var fetch: Task<Result<LoadedCredentials, CredentialError>, Never>?
    /// No fetch before this time that is not needed.
    private var quietUntil: Timestamp?
    private var filesCheckedAt: Timestamp?

    /// From here on to the end credentials are renewed in the background.
    private static let advisorySeconds: Int64 = 15 * 60
    /// After a failed renewal of credentials that are still good: a minute or two.
    private static let retrySeconds: ClosedRange<Int64> = 60...120
    /// After a failed or fruitless renewal of ended ones: 10 minutes and 2 to 10 more, as botocore
    /// waits, so that a fleet does not come back at once.
    private static let backoffSeconds: Int64 = 10 * 60
    private static let backoffJitterSeconds: ClosedRange<Int64> = 120...600
    /// Looking at files for every request would cost a thread hop each.
    private static let fileCheckSeconds: Int64 = 1

    /// - Parameter randomness: spreads the renewals of a fleet.
    package init(
        _ source: any CredentialSource, _ surroundings: CredentialSurroundings,
        randomness: any RandomNumberGenerator & Sendable
    ) {
        self.source = source
        self.surroundings = surroundings
        self.randomness = randomness
    }

    package func credentials() async throws(CredentialError) -> AWSCredentials {
        guard let loaded = current, !isRefused else { return try await fetched().credentials }
        let now = surroundings.wallClock.now()
        if await haveFilesChanged(loaded, now) { return try await fetched().credentials }
        guard let end = loaded.credentials.expiration else { return loaded.credentials }
        let mayFetch = quietUntil.map { $0 <= now } ?? true
        if end <= now {
            guard loaded.outlivesExpiration else { return try await fetched().credentials }
            // Static stability: better old ones than none.
            guard mayFetch else { return loaded.credentials }
            do throws(CredentialError) {
                return try await fetched().credentials
            } catch {
                return loaded.credentials
            }
        }
        if end <= now.advanced(bySeconds: Self.advisorySeconds), mayFetch { startFetch() }
        return loaded.credentials
    }

    package func invalidate(_ refused: AWSCredentials) async {
        // Others may have renewed them already.
        if current?.credentials == refused { isRefused = true }
    }

    /// Where the credentials in use came from; nil before the first use.
    package var origin: CredentialOrigin? { current?.origin }

    // MARK: - Fetching

    private func fetched() async throws(CredentialError) -> LoadedCredentials {
        try await startFetch().value.get()
    }

    @discardableResult
    private func startFetch() -> Task<Result<LoadedCredentials, CredentialError>, Never> {
        if let fetch { return fetch }
        let task = Task { () -> Result<LoadedCredentials, CredentialError> in
            let outcome = await Self.load(source)
            return settle(outcome)
        }
        fetch = task
        return task
    }

    private static func load(
        _ source: any CredentialSource
    ) async -> Result<LoadedCredentials, CredentialError> {
        do throws(CredentialError) {
            guard let loaded = try await source.load() else {
                return .failure(
                    CredentialError(
                        .notFound,
                        detail: "looked at the environment, the profile, a web identity, the "
                            + "container and the instance: none has AWS credentials"))
            }
            return .success(loaded)
        } catch {
            return .failure(error)
        }
    }

    /// Takes a fetch's outcome over.
    private func settle(
        _ outcome: Result<LoadedCredentials, CredentialError>
    ) -> Result<LoadedCredentials, CredentialError> {
        fetch = nil
        let now = surroundings.wallClock.now()
        switch outcome {
        case .failure(let error):
            let isGood = (current?.credentials.expiration).map { $0 > now } ?? false
            quietUntil = now.advanced(
                bySeconds: isGood
                    ? Int64.random(in: Self.retrySeconds, using: &randomness) : backoff())
            surroundings.logger.event(
                .info, "AWS credentials were not renewed", [.code: LogWord(error.code.rawValue)])
            return outcome
        case .success(let loaded):
            let left = loaded.credentials.expiration.map { $0.seconds - now.seconds }
            if let left, left <= 0, !loaded.outlivesExpiration {
                quietUntil = now.advanced(bySeconds: backoff())
                return .failure(
                    CredentialError(
                        .refused,
                        detail: "the new credentials have ended already: is the clock right?"))
            }
            current = loaded
            isRefused = false
            filesCheckedAt = now
            quietUntil = quiet(now, left)
            surroundings.logger.event(
                .info, "AWS credentials were renewed",
                [.category: LogWord(loaded.origin.rawValue)])
            return .success(loaded)
        }
    }

    /// New credentials that are near their end already, by a wrong clock or because the source has
    /// no newer ones, must not be fetched again at every request.
    private func quiet(_ now: Timestamp, _ left: Int64?) -> Timestamp? {
        guard let left, left <= Self.advisorySeconds else { return nil }
        return now.advanced(bySeconds: left > 0 ? max(left / 2, 1) : backoff())
    }

    private func backoff() -> Int64 {
        Self.backoffSeconds + Int64.random(in: Self.backoffJitterSeconds, using: &randomness)
    }

    private func haveFilesChanged(_ loaded: LoadedCredentials, _ now: Timestamp) async -> Bool {
        if let last = filesCheckedAt, now.seconds - last.seconds < Self.fileCheckSeconds,
            now >= last
        {
            return false
        }
        filesCheckedAt = now
        return await surroundings.files.haveChanged(loaded.watched)
    }
}
