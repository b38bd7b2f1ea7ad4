package import SigV4

/// Where credentials came from: safe to log.
package enum CredentialOrigin: String, Sendable {
    case environment
    case credentialsFile
    case configurationFile
    case process
    case assumedRole
    case webIdentity
    case container
    case instance
}

/// Credentials as a source gave them, with what decides how long they are kept.
package struct LoadedCredentials: Sendable {
    package var credentials: AWSCredentials
    package var origin: CredentialOrigin
    /// Files whose change makes these credentials old.
    package var watched: [WatchedFile]

    package init(
        _ credentials: AWSCredentials, from origin: CredentialOrigin, watched: [WatchedFile] = []
    ) {
        self.credentials = credentials
        self.origin = origin
        self.watched = watched
    }

    /// Whether they stay in use behind their end while the source does not answer: the instance
    /// metadata hands out old ones itself during an outage, and S3 may still take them.
    /// Source: botocore `InstanceMetadataFetcher`, static stability.
    var outlivesExpiration: Bool { origin == .instance }
}

/// One place where credentials may be.
package protocol CredentialSource: Sendable {
    /// - Returns: nil when this place is not set up here: the next one is asked.
    /// - Throws: when it is set up and fails: the next one must not be asked then, since it would
    ///   give another identity.
    func load() async throws(CredentialError) -> LoadedCredentials?
}

/// Asks sources in order, and stays with the first that has credentials.
package final class CredentialChain: CredentialSource {
    private let sources: [any CredentialSource]
    private let chosen = ChosenSource()

    package init(_ sources: [any CredentialSource]) {
        self.sources = sources
    }

    package func load() async throws(CredentialError) -> LoadedCredentials? {
        if let index = chosen.index {
            guard let loaded = try await sources[index].load() else {
                throw CredentialError(
                    .notFound, detail: "the place where credentials were found has none any more")
            }
            return loaded
        }
        for (index, source) in sources.enumerated() {
            if let loaded = try await source.load() {
                chosen.choose(index)
                return loaded
            }
        }
        return nil
    }
}
