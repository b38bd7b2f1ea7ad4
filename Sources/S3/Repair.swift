import Credentials
import HTTP
import Logging
import ObjectStorage
import SigV4
import Synchronization
import Telemetry

/// An answer that is no success, with what was sent.
struct Failure {
    let request: S3Request
    let response: HTTPResponse
    let document: S3ErrorDocument
    let endpoint: S3Endpoint
    let credentials: AWSCredentials

    var status: Int { response.head.status }

    /// Where the bucket is, if the answer says so.
    var region: String? {
        S3ErrorDocument.word(response.head.headers["x-amz-bucket-region"]) ?? document.region
    }

    /// How far the local clock is behind the server's, in seconds, if the answer is dated.
    func clockError(_ time: WallClockOffset) -> Int64? {
        guard let date = response.head.headers["date"].flatMap(HTTPDate.parse) else { return nil }
        return date.seconds - time.now().seconds
    }
}

/// What can be mended before the next try of the same request, once each.
enum Repair: Hashable {
    /// Send it to the region where the bucket is. Redirects themselves are never followed.
    case region
    /// Sign with the server's time.
    case clock
    /// Sign with fresh credentials.
    case credentials
    /// Leave out the ACL.
    case acl

    init?(_ failure: Failure) {
        // The answer to HEAD has no body, so its status alone must do.
        let isBare = failure.document.code == nil && failure.request.method == .head
        let code = failure.document.code
        switch failure.status {
        case 301, 307, 308:
            self = .region
        case _ where code == "AuthorizationHeaderMalformed" || code == "IllegalLocationConstraint":
            self = .region
        case _ where code == "RequestTimeTooSkewed" || code == "RequestExpired":
            self = .clock
        case _ where code == "AccessControlListNotSupported":
            self = .acl
        case 403 where code == "AccessDenied" && failure.request.headers["x-amz-acl"] == "private":
            // Perhaps only the permission to set ACLs is missing, and private is what none means.
            self = .acl
        case 400...403 where isBare && failure.region.map { $0 != failure.endpoint.region } == true:
            self = .region
        case 400 where isBare: self = .credentials
        case 403 where isBare: self = .clock
        default:
            guard let code, Self.staleCredentials.contains(code) else { return nil }
            self = .credentials
        }
    }

    /// Source: S3 API Reference, "Error responses".
    private static let staleCredentials: Set = [
        "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId",
    ]

    /// A bare 403 can come from a wrong clock only when it is further off than this. AWS allows
    /// 900.
    fileprivate static let suspiciousClockError: Int64 = 300
}

extension BucketClient {
    /// - Returns: whether another try has a chance now.
    func apply(_ repair: Repair, _ failure: Failure, _ request: inout S3Request) async -> Bool {
        switch repair {
        case .region: return move(failure)
        case .clock: return correctClock(failure)
        case .credentials:
            await credentials.invalidate(failure.credentials)
            logger.event(.info, "The store refused the credentials; fetching new ones")
            return true
        case .acl: return leaveOutACL(&request)
        }
    }

    private func move(_ failure: Failure) -> Bool {
        let (region, isNew) = state.withLock { state in
            // Another request may have been told already.
            if state.endpoint.region != failure.endpoint.region {
                return (state.endpoint.region, false)
            }
            guard let region = failure.region,
                AWSPartition.allowsMove(from: failure.endpoint.region, to: region)
            else { return ("", false) }
            state.endpoint = S3Endpoint(configuration, region: region)
            state.signer = SigV4Signer(region: region, service: "s3")
            return (region, true)
        }
        if isNew { logger.event(.info, "The bucket is in another region; going there") }
        return !region.isEmpty
    }

    private func correctClock(_ failure: Failure) -> Bool {
        guard let date = failure.response.head.headers["date"].flatMap(HTTPDate.parse),
            let error = failure.clockError(time)
        else { return false }
        if failure.document.code == nil, abs(error) < Repair.suspiciousClockError { return false }
        let offset = time.learn(date)
        logger.event(
            .info, "This machine's clock is wrong; signing with the store's time",
            [.durationMS: offset * 1000])
        return true
    }

    private func leaveOutACL(_ request: inout S3Request) -> Bool {
        guard configuration.acl?.impliedByBucketOwnerEnforced == true,
            request.headers["x-amz-acl"] != nil
        else { return false }
        request.headers["x-amz-acl"] = nil
        return true
    }

    /// A write without its ACL succeeded: later ones need not try.
    func remember(_ repairs: Set<Repair>) {
        guard repairs.contains(.acl) else { return }
        let isNew = state.withLock { state in
            defer { state.aclsDisabled = true }
            return !state.aclsDisabled
        }
        if isNew {
            logger.event(
                .info, "The bucket takes no ACL from us: objects are private to its owner anyway")
        }
    }
}
