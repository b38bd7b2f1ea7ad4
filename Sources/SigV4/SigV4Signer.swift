private import Encryption
package import ObjectStorage

/// The headers that make a request a signed one. Prints redacted.
package struct SigningHeaders: Sendable, CustomStringConvertible, CustomReflectable {
    /// To add to the request as they are; names in lower case.
    package let fields: [(name: String, value: String)]

    package var description: String { "<\(fields.count) signing headers>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Signs requests for one service in one region with AWS Signature Version 4.
///
/// A pure function of its arguments but for a cache of derived keys; any thread may use it. Signing
/// does not change the request: what is sent must be what was signed, byte for byte.
/// Source: IAM User Guide, "AWS Signature Version 4 for API requests"; S3 API Reference,
/// "Authenticating Requests (AWS Signature Version 4)".
package struct SigV4Signer: Sendable {
    package let region: String
    /// `s3`, `sts`, `kms`, `iam`. Only `s3` sends `x-amz-content-sha256` and signs paths as they
    /// are.
    package let service: String
    private let keys = SigningKeyCache()

    private static let algorithm = "AWS4-HMAC-SHA256"

    package init(region: String, service: String) {
        self.region = region
        self.service = service
    }

    private var isS3: Bool { service == "s3" }

    /// The headers to add: `x-amz-date`, `authorization`, for S3 `x-amz-content-sha256`, and
    /// `x-amz-security-token` for temporary credentials.
    /// - Parameter time: the server accepts 15 minutes of difference to its own clock.
    package func sign(
        _ request: SignableRequest, with credentials: AWSCredentials, at time: Timestamp
    ) -> SigningHeaders {
        let date = SigningDate(time)
        var fields: [(name: String, value: String)] = [("x-amz-date", date.stamp)]
        if isS3 { fields.append(("x-amz-content-sha256", request.payload.headerValue)) }
        if let token = credentials.sessionToken {
            fields.append(("x-amz-security-token", token.rawValue))
        }
        let canonical = CanonicalRequest(
            request, added: [("host", request.host)] + fields, query: request.query.canonical,
            normalisesPath: !isS3)
        let signature = signature(of: canonical, at: date, secret: credentials.secretAccessKey)
        let authorization =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID.rawValue)/\(scope(date)), "
            + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
        fields.append(("authorization", authorization))
        return SigningHeaders(fields: fields)
    }

    /// A URL that carries its own signature; whoever has it may do this one request.
    ///
    /// The payload is not signed. Headers of the request are: the user must send the same.
    /// - Parameters:
    ///   - scheme: `https`, or `http` for loopback servers.
    ///   - lifetime: 1 to 604,800 seconds (7 days); others are moved to the nearest. It ends with
    ///     the
    ///     credentials, if these end earlier.
    package func presign(
        _ request: SignableRequest, scheme: String, lifetime: Duration,
        with credentials: AWSCredentials, at time: Timestamp
    ) -> PresignedURL {
        let date = SigningDate(time)
        let seconds = min(max(lifetime.components.seconds, 1), 604_800)
        var unsignedRequest = request
        unsignedRequest.payload = .unsigned
        // The names of the signed headers are part of the query that is signed.
        let host = [(name: "host", value: request.host)]
        let names = CanonicalRequest(
            unsignedRequest, added: host, query: "", normalisesPath: !isS3
        ).signedHeaders
        var added: [(name: String, value: String?)] = [
            ("X-Amz-Algorithm", Self.algorithm),
            ("X-Amz-Credential", "\(credentials.accessKeyID.rawValue)/\(scope(date))"),
            ("X-Amz-Date", date.stamp),
            ("X-Amz-Expires", String(seconds)),
            ("X-Amz-SignedHeaders", names),
        ]
        if let token = credentials.sessionToken {
            added.append(("X-Amz-Security-Token", token.rawValue))
        }
        let query = request.query.adding(added)
        let canonical = CanonicalRequest(
            unsignedRequest, added: host, query: query.canonical, normalisesPath: !isS3)
        let signature = signature(of: canonical, at: date, secret: credentials.secretAccessKey)
        return PresignedURL(
            "\(scheme)://\(request.host)\(request.encodedPath)?\(query.canonical)"
                + "&X-Amz-Signature=\(signature)")
    }

    private func scope(_ date: SigningDate) -> String {
        "\(date.day)/\(region)/\(service)/aws4_request"
    }

    private func signature(
        of request: CanonicalRequest, at date: SigningDate, secret: Secret
    ) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        for line in [Self.algorithm, date.stamp, scope(date)] {
            text.append(contentsOf: line.utf8)
            text.append(UInt8(ascii: "\n"))
        }
        Hexadecimal.append(request.digest, to: &text)
        let key = keys.key(secret: secret, day: date.day, region: region, service: service)
        let code = HMACSHA256.authenticationCode(of: text.span, key: key.span)
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * HMACSHA256.length)
        Hexadecimal.append(code, to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }
}
