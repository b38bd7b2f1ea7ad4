import HTTP
import ObjectStorage
import SigV4

/// Where a bucket's requests go, in one region.
struct S3Endpoint: Hashable, Sendable {
    private let scheme: HTTPURL.Scheme
    private let host: String
    private let port: UInt16?
    /// What every path begins with: "/" or "/bucket/", encoded.
    private let pathPrefix: String
    let region: String
    /// Whether the host follows from the region.
    private let isAWS: Bool

    init(_ configuration: S3Configuration, region: String) {
        self.region = region
        isAWS = configuration.endpoint == nil
        let base = configuration.endpoint ?? Self.awsEndpoint(configuration, region: region)
        scheme = base.scheme
        port = base.port
        var path = base.encodedPath
        if !path.hasSuffix("/") { path += "/" }
        if Self.namesBucketInHost(configuration, base: base) {
            host = configuration.bucket + "." + base.host
        } else {
            host = base.host
            path += PercentEncoding.queryComponent(configuration.bucket) + "/"
        }
        pathPrefix = path
    }

    /// Whether requests go over TLS.
    var isSecure: Bool { scheme == .https }

    /// - Parameter key: as in the bucket, with the configured prefix; nil for the bucket itself.
    func url(key: ObjectKey?, query: SigV4Query) -> HTTPURL {
        let path: String
        if let key {
            path = pathPrefix + PercentEncoding.path(key.rawValue)
        } else {
            path = pathPrefix.utf8.count > 1 ? String(pathPrefix.dropLast()) : pathPrefix
        }
        return HTTPURL(
            scheme: scheme, host: host, port: port, encodedPath: path, encodedQuery: query.encoded)
    }

    /// Source: AWS General Reference, "Amazon Simple Storage Service endpoints and quotas".
    private static func awsEndpoint(_ configuration: S3Configuration, region: String) -> HTTPURL {
        var host = configuration.usesFIPSEndpoint ? "s3-fips" : "s3"
        if configuration.usesDualStackEndpoint { host += ".dualstack" }
        host += "." + region + "." + AWSPartition(region: region).domain
        return HTTPURL(scheme: .https, host: host)
    }

    private static func namesBucketInHost(
        _ configuration: S3Configuration, base: HTTPURL
    ) -> Bool {
        switch configuration.addressing {
        case .path: false
        case .virtualHost: isLabel(configuration.bucket, dotsAllowed: true)
        case .automatic:
            // A certificate for *.s3.region.amazonaws.com covers one label.
            configuration.endpoint == nil && isLabel(configuration.bucket, dotsAllowed: false)
        }
    }

    private static func isLabel(_ name: String, dotsAllowed: Bool) -> Bool {
        guard (3...63).contains(name.utf8.count), name.first != "-", name.last != "-" else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || dotsAllowed && byte == UInt8(ascii: ".")
        }
    }
}

/// A set of regions with common accounts; credentials and data must not leave it.
/// Source: AWS General Reference, "AWS partitions".
enum AWSPartition: Hashable {
    case standard
    case china
    case government
    case iso
    case isoB
    case isoE
    case isoF
    case european

    init(region: String) {
        let prefixes: [(String, AWSPartition)] = [
            ("cn-", .china), ("us-gov-", .government), ("us-iso-", .iso), ("us-isob-", .isoB),
            ("eu-isoe-", .isoE), ("us-isof-", .isoF), ("eusc-", .european),
        ]
        self = prefixes.first { region.hasPrefix($0.0) }?.1 ?? .standard
    }

    /// What a host's name ends with.
    var domain: String {
        switch self {
        case .standard, .government: "amazonaws.com"
        case .china: "amazonaws.com.cn"
        case .iso: "c2s.ic.gov"
        case .isoB: "sc2s.sgov.gov"
        case .isoE: "cloud.adc-e.uk"
        case .isoF: "csp.hci.ic.gov"
        case .european: "amazonaws.eu"
        }
    }

    /// Whether a server may send us to `region` from `current`: it must look like one (it becomes
    /// part of a host's name) and be of the same partition.
    static func allowsMove(from current: String, to region: String) -> Bool {
        (1...32).contains(region.utf8.count)
            && region.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
            && region != current
            && AWSPartition(region: region) == AWSPartition(region: current)
    }
}
