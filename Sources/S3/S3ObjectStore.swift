package import Credentials
package import Encryption
package import HTTP
package import Logging
package import ObjectStorage
package import Telemetry

/// A bucket of Amazon S3, or of a server that speaks its API.
///
/// Each operation stands in a file of its own. All methods may be called from any task.
/// Source: Amazon S3 API Reference, API version 2006-03-01.
package final class S3ObjectStore: ObjectStore {
    package let capabilities: StoreCapabilities
    let client: BucketClient
    let uploads = UploadNotes()

    /// Sends nothing yet: `verifyAccess` does.
    /// - Parameters:
    ///   - clock: measures and waits.
    ///   - wallClock: dates signatures.
    ///   - random: for put-ids and the jitter of retries.
    ///   - logger: gets events at `info` and below, without names.
    package init(
        _ configuration: S3Configuration, transport: any HTTPTransport,
        credentials: any CredentialProvider, clock: any Clock<Duration>, wallClock: any WallClock,
        random: @escaping RandomByteSource, logger: Logger, counters: Counters
    ) {
        capabilities = configuration.capabilities
        client = BucketClient(
            configuration, transport: transport, credentials: credentials, clock: clock,
            wallClock: wallClock, random: random, logger: logger, counters: counters)
    }

    /// The region where the bucket is, as far as known.
    package var region: String { client.current.endpoint.region }
}
