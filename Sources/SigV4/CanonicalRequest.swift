private import Encryption
private import ObjectStorage

/// The one spelling of a request that client and server both derive and hash.
/// Source: IAM User Guide, "Create a signed AWS API request".
struct CanonicalRequest {
    /// Names in lower case, sorted, joined by `;`.
    let signedHeaders: String
    private let bytes: [UInt8]

    /// - Parameters:
    ///   - added: headers to sign beside the request's own; names in lower case.
    ///   - query: replaces the request's own canonical query.
    init(
        _ request: SignableRequest, added: [(name: String, value: String)], query: String,
        normalisesPath: Bool
    ) {
        let headers = Self.sorted(request.headers, added)
        var text: [UInt8] = []
        text.reserveCapacity(1024)
        text.append(contentsOf: request.method.utf8)
        text.append(UInt8(ascii: "\n"))
        if normalisesPath {
            Self.appendNormalised(request.encodedPath, to: &text)
        } else {
            text.append(contentsOf: request.encodedPath.utf8)
        }
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: query.utf8)
        text.append(UInt8(ascii: "\n"))
        var names: [UInt8] = []
        names.reserveCapacity(256)
        Self.append(headers, to: &text, names: &names)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: names)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: request.payload.headerValue.utf8)
        signedHeaders = String(decoding: names, as: UTF8.self)
        bytes = text
    }

    var digest: [UInt8] { SHA256.digest(of: bytes.span) }

    // MARK: - Headers

    private struct Field {
        let name: String
        let value: String
        let index: Int
    }

    /// Headers that a proxy may change on the way.
    private static let unsigned: Set = [
        "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id",
    ]

    private static func sorted(
        _ given: [(name: String, value: String)], _ added: [(name: String, value: String)]
    ) -> [Field] {
        var fields: [Field] = []
        fields.reserveCapacity(given.count + added.count)
        for header in given {
            let name = header.name.lowercased()
            guard !unsigned.contains(name) else { continue }
            fields.append(Field(name: name, value: header.value, index: fields.count))
        }
        for header in added {
            fields.append(Field(name: header.name, value: header.value, index: fields.count))
        }
        // Header names are ASCII, whose order as text is that of its bytes. The index keeps
        // repeated fields in their order.
        fields.sort { ($0.name, $0.index) < ($1.name, $1.index) }
        return fields
    }

    /// `name:value` lines; repeated names give one line with the values joined by commas.
    private static func append(
        _ headers: [Field], to text: inout [UInt8], names: inout [UInt8]
    ) {
        var previous: String?
        for header in headers {
            if header.name == previous {
                text.removeLast()
                text.append(UInt8(ascii: ","))
            } else {
                if previous != nil { names.append(UInt8(ascii: ";")) }
                names.append(contentsOf: header.name.utf8)
                text.append(contentsOf: header.name.utf8)
                text.append(UInt8(ascii: ":"))
            }
            appendTrimmed(header.value, to: &text)
            text.append(UInt8(ascii: "\n"))
            previous = header.name
        }
    }

    /// The value without white space at its ends, and every run inside as one space.
    private static func appendTrimmed(_ value: String, to text: inout [UInt8]) {
        let start = text.count
        var spaceIsDue = false
        for byte in value.utf8 {
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                spaceIsDue = text.count > start
            } else {
                if spaceIsDue { text.append(0x20) }
                spaceIsDue = false
                text.append(byte)
            }
        }
    }

    // MARK: - Path

    /// For services other than S3: dot segments and empty segments removed, then encoded again.
    /// Source: RFC 3986 section 5.2.4.
    private static func appendNormalised(_ path: String, to text: inout [UInt8]) {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") {
            switch segment {
            case ".": break
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        text.append(UInt8(ascii: "/"))
        for (index, segment) in segments.enumerated() {
            if index > 0 { text.append(UInt8(ascii: "/")) }
            for byte in segment.utf8 {
                PercentEncoding.append(byte, to: &text, keepsSlash: true)
            }
        }
        if !segments.isEmpty, path.hasSuffix("/") { text.append(UInt8(ascii: "/")) }
    }
}
