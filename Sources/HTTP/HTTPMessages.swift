package import ObjectStorage

/// A request method that S3, STS, KMS or IMDS uses.
package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// Where a request goes. The path and query are sent exactly as given (already percent-encoded), so
/// that what was signed is what is sent. Prints without path and query, which may hold a name.
package struct HTTPURL: Hashable, Sendable {
    /// The protocol below HTTP.
    package enum Scheme: String, Sendable {
        case http
        case https
    }

    package var scheme: Scheme
    /// A DNS name or IP literal; IPv6 in brackets.
    package var host: String
    /// Nil for the scheme's own port.
    package var port: UInt16?
    /// Begins with "/".
    package var encodedPath: String
    /// Without the "?"; nil for none.
    package var encodedQuery: String?

    package init(
        scheme: Scheme, host: String, port: UInt16? = nil, encodedPath: String = "/",
        encodedQuery: String? = nil
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.encodedPath = encodedPath
        self.encodedQuery = encodedQuery
    }
}

/// Header fields in order; names compare without case.
package struct HTTPHeaders: Sendable {
    package private(set) var fields: [(name: String, value: String)]

    package init(_ fields: [(name: String, value: String)] = []) {
        self.fields = fields
    }

    /// The first field of that name. Setting replaces all fields of that name; nil removes them.
    package subscript(name: String) -> String? {
        get { fields.first { Self.same($0.name, name) }?.value }
        set {
            fields.removeAll { Self.same($0.name, name) }
            if let newValue { fields.append((name, newValue)) }
        }
    }

    /// Adds a field behind all others; an earlier one of the same name stays.
    package mutating func append(_ name: String, _ value: String) {
        fields.append((name, value))
    }

    private static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
    }
}

/// One HTTP request.
package struct HTTPRequest: Sendable {
    /// How long the parts of an exchange may take.
    package struct Timeouts: Hashable, Sendable {
        package var connect: Duration
        /// From the request's last byte to the answer's first.
        package var firstByte: Duration
        /// A transfer slower than 1 KiB/s for this long has stalled.
        package var stall: Duration
        /// The whole exchange; nil for no bound beyond the others.
        package var total: Duration?

        package init(
            connect: Duration = .seconds(3), firstByte: Duration = .seconds(10),
            stall: Duration = .seconds(20), total: Duration? = nil
        ) {
            self.connect = connect
            self.firstByte = firstByte
            self.stall = stall
            self.total = total
        }
    }

    /// Whom the request goes to, which decides on proxies and plain http.
    package enum Peer: Sendable {
        /// By the proxy variables; plain http only as the transport was configured.
        case store
        /// A link-local or loopback metadata service: plain http, never through a proxy.
        case metadataService
    }

    package var method: HTTPMethod
    package var url: HTTPURL
    /// `Host` and `Content-Length` are added by the transport.
    package var headers: HTTPHeaders
    package var body: (any ByteSource)?
    package var timeouts: Timeouts
    package var peer: Peer

    package init(
        method: HTTPMethod, url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(),
        body: (any ByteSource)? = nil, timeouts: Timeouts = Timeouts(), peer: Peer = .store
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.peer = peer
    }
}

/// An answer's status and header fields.
package struct HTTPResponseHead: Sendable {
    package var status: Int
    package var headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }
}

/// An answer with the body that no sink took.
package struct HTTPResponse: Sendable {
    package var head: HTTPResponseHead
    package var body: [UInt8]

    package init(head: HTTPResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// Takes an answer's body while it arrives. Called on the transfer thread, one call at a time.
package protocol HTTPBodySink: Sendable {
    /// Looks at the head; false to have the body collected in memory instead (an error document).
    /// - Throws: any code; the transfer is cut off and fails with it as the cause.
    func accepts(_ head: HTTPResponseHead) throws(ObjectStoreError) -> Bool

    /// Takes the next bytes, in order.
    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError)
}

/// Sends requests. One exchange per call: no retries, no redirects followed.
package protocol HTTPTransport: Sendable {
    /// - Parameters:
    ///   - sink: nil to collect the body in memory.
    ///   - bodyLimit: bytes collected in memory at most; a longer body fails with `tooLarge`.
    /// - Throws: a connection, TLS, timeout, cancellation, sink or source error. Any HTTP status is
    ///   an answer, not an error.
    func send(
        _ request: HTTPRequest, into sink: (any HTTPBodySink)?, bodyLimit: Int
    ) async throws(HTTPError) -> HTTPResponse
}
