internal import Credentials
internal import Encryption
internal import HTTP
internal import LocalDisk
internal import Logging
internal import ObjectStorage
internal import S3
internal import SigV4
internal import Telemetry

/// Makes the object store that a mount's source and options name.
struct StoreWiring {
    private let command: MountCommand
    private let environment: [String: String]
    private let clocks: SystemClocks
    private let logger: Logger
    private let counters: Counters

    init(
        _ command: MountCommand, environment: [String: String], clocks: SystemClocks,
        logger: Logger, counters: Counters
    ) {
        self.command = command
        self.environment = environment
        self.clocks = clocks
        self.logger = logger
        self.counters = counters
    }

    /// - Throws: `LaunchError` with what is wrong and what to do.
    func makeStore() async throws(LaunchError) -> any ObjectStore {
        switch command.source {
        case .bucket(let bucket, let prefix):
            return try await makeS3Store(bucket, prefix: prefix)
        case .directory(let path):
            return try await DirectoryStoreWiring(
                path: path, keyFile: command.store.keyFile, clock: clocks
            ).makeStore()
        }
    }

    // MARK: S3

    private func makeS3Store(
        _ bucket: String, prefix: String
    ) async throws(LaunchError) -> any ObjectStore {
        let transport = try makeTransport()
        let lookup = credentialLookup(transport)
        var configuration = try await s3Configuration(bucket, prefix: prefix, lookup)
        let credentials = lookup.provider()
        let store = s3Store(configuration, transport, credentials)
        do throws(ObjectStoreError) {
            try await store.verifyAccess()
        } catch {
            throw LaunchError(Advice.sentence(for: error, bucket: bucket))
        }
        if command.store.sse == .none {
            logger.event(
                .warning, "objects are NOT encrypted by the server: --sse none is not for PHI")
        }
        if await heedsConditions(store) { return store }
        logger.event(
            .warning, "this server ignores conditions: changes by others can be overwritten")
        configuration.capabilities.conditionalWrites = false
        configuration.capabilities.conditionalDelete = false
        return s3Store(configuration, transport, credentials)
    }

    private func s3Store(
        _ configuration: S3Configuration, _ transport: any HTTPTransport,
        _ credentials: any CredentialProvider
    ) -> S3ObjectStore {
        S3ObjectStore(
            configuration, transport: transport, credentials: credentials,
            clock: clocks.continuous, wallClock: clocks, random: RandomBytes.system,
            logger: logger, counters: counters)
    }

    /// Whether conditional writes can be relied on. AWS's can; another server is asked, unless
    /// nothing is to be written to it.
    private func heedsConditions(_ store: S3ObjectStore) async -> Bool {
        guard command.store.endpointURL != nil, !command.mount.readOnly else { return true }
        do throws(ObjectStoreError) {
            return try await store.heedsConditions()
        } catch {
            // A server that does not take the probe is no proof: each write tells by itself.
            logger.event(.info, "conditional writes could not be tried", [.error: error])
            return true
        }
    }

    private func makeTransport() throws(LaunchError) -> CurlTransport {
        var configuration = TransportConfiguration()
        configuration.caBundlePath = command.store.caBundle ?? environment["AWS_CA_BUNDLE"]
        configuration.insecureHTTP = command.store.insecureHTTP
        configuration.environment = environment
        do throws(HTTPError) {
            return try CurlTransport(configuration)
        } catch {
            throw LaunchError("libcurl cannot be used: \(error)")
        }
    }

    private func s3Configuration(
        _ bucket: String, prefix: String, _ lookup: CredentialLookup
    ) async throws(LaunchError) -> S3Configuration {
        let store = command.store
        var configuration = S3Configuration(
            bucket: bucket, region: try await region(lookup),
            keyPrefix: ObjectKey(prefix.isEmpty ? "" : prefix + "/"),
            endpoint: try await endpoint(lookup), addressing: addressing,
            encryption: try encryption())
        guard let acl = CannedACL(rawValue: store.acl) else {
            let known = CannedACL.allCases.map(\.rawValue).joined(separator: ", ")
            throw LaunchError("--acl \(store.acl) is no canned ACL. Known are: \(known).")
        }
        configuration.acl = acl
        configuration.storageClass = store.storageClass
        configuration.expectedBucketOwner = store.expectedBucketOwner
        configuration.requesterPays = store.requesterPays
        configuration.retry.publishLimit = .seconds(store.closeTimeout)
        return configuration
    }

    private var addressing: S3Configuration.Addressing {
        switch command.store.addressing {
        case .auto: .automatic
        case .path: .path
        case .virtual: .virtualHost
        }
    }

    private func encryption() throws(LaunchError) -> ServerSideEncryption {
        let store = command.store
        if store.kmsKeyID != nil || store.bucketKey, store.sse == .s3 || store.sse == .none {
            throw LaunchError("--kms-key-id and --bucket-key go with --sse kms.")
        }
        return switch store.sse {
        case .s3: .s3
        case .kms: .kms(keyID: store.kmsKeyID, bucketKey: store.bucketKey)
        case .dsse: .dualLayerKMS(keyID: store.kmsKeyID)
        case .none: .none
        }
    }

    private func endpoint(_ lookup: CredentialLookup) async throws(LaunchError) -> HTTPURL? {
        var url: HTTPURL?
        if let text = command.store.endpointURL {
            guard let parsed = HTTPURL(text) else {
                throw LaunchError("--endpoint-url \(text) is no URL such as https://host:port.")
            }
            url = parsed
        } else {
            do throws(CredentialError) {
                url = try await lookup.endpoint(of: "S3")
            } catch {
                throw LaunchError("The AWS configuration cannot be used: \(error)")
            }
        }
        if let url, url.scheme == .http, !command.store.insecureHTTP, !url.isLoopback {
            throw LaunchError(
                "Plain HTTP to another machine would send data in the clear. Use https, or say "
                    + "--insecure-http if the network is otherwise protected.")
        }
        return url
    }

    private func region(_ lookup: CredentialLookup) async throws(LaunchError) -> String {
        if let region = command.store.region { return region }
        do throws(CredentialError) {
            // Where nothing tells it, the bucket does, by redirecting.
            return try await lookup.region() ?? "us-east-1"
        } catch {
            throw LaunchError("The AWS configuration cannot be used: \(error)")
        }
    }

    private func credentialLookup(_ transport: any HTTPTransport) -> CredentialLookup {
        CredentialLookup(
            CredentialSettings(environment: environment, profile: command.store.profile),
            CredentialSurroundings(
                transport: transport, disk: POSIXDisk(), programs: POSIXProgramRunner(),
                // Two threads: a slow credential_process must not stop a file from being read.
                executor: BlockingExecutor(threads: 2), wallClock: clocks,
                clock: clocks.continuous, logger: logger))
    }
}
