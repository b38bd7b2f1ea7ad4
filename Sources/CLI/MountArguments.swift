internal import ArgumentParser
internal import FileSystem
internal import Logging
internal import Naming

/// The options that tell which store and how.
struct StoreArguments: ParsableArguments {
    @Option(help: "The S3 endpoint, for a server other than AWS.")
    var endpointURL: String?

    @Option(help: "The bucket's region. Default: the environment, the profile, or as found out.")
    var region: String?

    @Option(help: "The profile of the shared AWS configuration to use.")
    var profile: String?

    @Option(help: "How bucket names become addresses: auto, path or virtual.")
    var addressing = Addressing.auto

    @Option(
        help:
            "Server-side encryption of every object: s3, kms or dsse. none is for servers without.")
    var sse = EncryptionKind.s3

    @Option(help: "KMS key for --sse kms or dsse: id, alias or ARN.")
    var kmsKeyID: String?

    @Flag(help: "Use an S3 bucket key with --sse kms: fewer KMS requests.")
    var bucketKey = false

    @Option(help: "Canned ACL of every object.")
    var acl = "private"

    @Option(help: "Storage class of every object.")
    var storageClass: String?

    @Option(help: "Fail unless this account owns the bucket.")
    var expectedBucketOwner: String?

    @Flag(help: "Pay for the requests to a requester-pays bucket.")
    var requesterPays = false

    @Option(help: "File of CA certificates (PEM) instead of the system's. Default: AWS_CA_BUNDLE.")
    var caBundle: String?

    @Flag(help: "Allow plain HTTP to a server that is not on this machine.")
    var insecureHTTP = false

    @Option(help: "Key file of a dir: store, at least 32 random bytes, mode 0600.")
    var keyFile: String?

    @Option(help: "Seconds that a close may take to publish.")
    var closeTimeout = 600
}

/// The options that tell how files appear and behave.
struct MountArguments: ParsableArguments {
    @Flag(help: "Let users other than the one that mounts in.")
    var allowOther = false

    @Option(help: "Owner of objects that name none. Default: who mounts.")
    var uid: UInt32?

    @Option(help: "Group of objects that name none. Default: who mounts.")
    var gid: UInt32?

    @Option(help: "Permission bits taken away from objects that carry no mode, octal.")
    var umask = OctalMode(bits: 0o077)

    @Flag(help: "Refuse every change.")
    var readOnly = false

    @Option(
        name: .customLong("attribute-ttl"), help: "Seconds that attributes and names are trusted.")
    var attributeTTL = 5.0

    @Option(help: "Attributes of listed objects: auto, list (never ask) or head (always ask).")
    var attributes = FileSystemConfiguration.AttributeSource.automatic

    @Option(help: "What becomes of a killed writer's file: quarantine or publish.")
    var killedWriter = FileSystemConfiguration.KilledWriter.quarantine

    @Option(name: .customLong("guard"), help: "Naming guard: refuse, warn, audit or off.")
    var guardMode = GuardMode.refuse

    @Option(help: "Directory for encrypted staging. Default: below /var/lib, or XDG_STATE_HOME.")
    var stagingDir: String?

    @Option(help: "Bytes that staging may take.")
    var stagingSize = ByteCount(bytes: 64 << 30)

    @Option(help: "Bytes of memory for cached blocks.")
    var memory = ByteCount(bytes: 96 << 20)

    @Option(help: "Bytes that df shows as the size.")
    var size = ByteCount(bytes: 1 << 50)

    @Flag(help: "Stay in the foreground and log to standard error.")
    var foreground = false

    @Option(help: "Log messages of this level and above: debug, info, notice, warning or error.")
    var logLevel = LogLevel.notice

    @Option(help: "Append the log to this file instead of the system's log.")
    var logFile: String?

    @Option(help: .hidden)
    var readinessDescriptor: Int32?
}
