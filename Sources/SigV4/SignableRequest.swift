private import Encryption
private import ObjectStorage

/// What the signature says of a request's body.
package enum PayloadHash: Hashable, Sendable {
    /// `UNSIGNED-PAYLOAD`: over TLS only, where the channel protects the body.
    case unsigned
    /// No body.
    case empty
    /// The body's SHA-256 as 64 small hexadecimal digits.
    case sha256(String)

    /// The hash of a body in memory.
    package static func hashing(_ body: Span<UInt8>) -> PayloadHash {
        var digits: [UInt8] = []
        Hexadecimal.append(SHA256.digest(of: body), to: &digits)
        return .sha256(String(decoding: digits, as: UTF8.self))
    }

    /// The value of `x-amz-content-sha256`.
    var headerValue: String {
        switch self {
        case .unsigned: "UNSIGNED-PAYLOAD"
        case .empty: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        case .sha256(let digits): digits
        }
    }
}

/// The parts of a request that a signature covers. Prints without any of them but the method.
package struct SignableRequest: Sendable {
    /// In capitals.
    package var method: String
    /// As the `Host` header says it: with `:port` unless that is the scheme's own.
    package var host: String
    /// Exactly as sent: begins with `/`, percent-encoded.
    package var encodedPath: String
    package var query: SigV4Query
    /// Every header to sign, without `Host` and the four that signing adds. `Expect`,
    /// `Transfer-Encoding`, `User-Agent` and `X-Amzn-Trace-Id` may be among them and are not
    /// signed: proxies change them.
    package var headers: [(name: String, value: String)]
    package var payload: PayloadHash

    package init(
        method: String, host: String, encodedPath: String, query: SigV4Query = SigV4Query(),
        headers: [(name: String, value: String)] = [], payload: PayloadHash
    ) {
        self.method = method
        self.host = host
        self.encodedPath = encodedPath
        self.query = query
        self.headers = headers
        self.payload = payload
    }
}

extension SignableRequest: CustomStringConvertible, CustomReflectable {
    package var description: String { "<request \(method)>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
