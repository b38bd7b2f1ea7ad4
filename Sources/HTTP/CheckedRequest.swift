/// A request whose every byte may go on the wire: libcurl checks none of them.
struct CheckedRequest {
    let url: String
    /// `Name: value`, or `Name;` for an empty value, as libcurl wants it.
    let headerLines: [String]

    /// Set by the transport; dropped where the caller gives them.
    private static let owned: Set = ["host", "content-length"]
    /// They change how the message is framed.
    private static let refused: Set = [
        "transfer-encoding", "expect", "connection", "upgrade", "te", "trailer", "keep-alive",
        "proxy-authorization",
    ]

    /// - Throws: `invalidRequest`, nothing sent.
    init(_ request: HTTPRequest, _ configuration: TransportConfiguration) throws(HTTPError) {
        try Self.checkPeer(request, configuration)
        url = try Self.checkedURL(request.url)
        var lines: [String] = []
        for (name, value) in request.headers.fields {
            let lowered = name.lowercased()
            if Self.owned.contains(lowered) { continue }
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken),
                !Self.refused.contains(lowered)
            else { throw Self.invalid("a header name cannot be sent") }
            guard value.utf8.allSatisfy(Self.isFieldByte) else {
                throw Self.invalid("a header value holds a control character")
            }
            let blank = value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(blank ? "\(name);" : "\(name): \(value)")
        }
        headerLines = lines
    }

    private static func checkPeer(
        _ request: HTTPRequest, _ configuration: TransportConfiguration
    ) throws(HTTPError) {
        guard request.url.scheme == .http else { return }
        let allowed =
            switch request.peer {
            case .store: configuration.insecureHTTP || HostRange.isLoopback(request.url.host)
            case .metadataService: HostRange.isMetadata(request.url.host)
            }
        guard allowed else { throw invalid("plain http is not allowed to this host") }
    }

    private static func checkedURL(_ url: HTTPURL) throws(HTTPError) -> String {
        guard isHost(url.host) else { throw invalid("the host name cannot be sent") }
        guard url.encodedPath.utf8.first == UInt8(ascii: "/"),
            url.encodedPath.utf8.allSatisfy({ isURLByte($0) && $0 != UInt8(ascii: "?") })
        else { throw invalid("the path is not percent-encoded") }
        guard url.encodedQuery?.utf8.allSatisfy(isURLByte) ?? true else {
            throw invalid("the query is not percent-encoded")
        }
        let query = url.encodedQuery.map { "?" + $0 } ?? ""
        return "\(url.scheme.rawValue)://\(url.authority)\(url.encodedPath)\(query)"
    }

    private static func isHost(_ host: String) -> Bool {
        let bytes = host.utf8
        // 253: the longest DNS name; an address in brackets is shorter.
        guard (1...253).contains(bytes.count) else { return false }
        if bytes.first == UInt8(ascii: "[") {
            return bytes.last == UInt8(ascii: "]")
                && bytes.dropFirst().dropLast().allSatisfy {
                    isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        return bytes.allSatisfy { byte in
            isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) && (byte | 0x20) <= UInt8(ascii: "f")
    }

    /// Printable ASCII; `#` would begin a fragment, which is never sent.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "#")
    }

    /// Source: RFC 9110 section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// Source: RFC 9110 section 5.5.
    private static func isFieldByte(_ byte: UInt8) -> Bool {
        byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
    }

    private static func invalid(_ detail: String) -> HTTPError {
        HTTPError(.invalidRequest, detail: detail, requestSent: false)
    }
}
