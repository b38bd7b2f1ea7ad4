extension HTTPURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Scheme, host and port only: a path or query can hold a patient's name, and the first label
    /// of the host a bucket's, which is no secret.
    package var description: String {
        "\(scheme.rawValue)://\(authority)/<path of \(encodedPath.utf8.count) bytes>"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The host with its port, as the `Host` header says it.
    package var authority: String {
        guard let port, port != scheme.defaultPort else { return host }
        return "\(host):\(port)"
    }
}

extension HTTPURL.Scheme {
    /// Source: RFC 9110 section 4.2.
    package var defaultPort: UInt16 {
        switch self {
        case .http: 80
        case .https: 443
        }
    }
}

extension HTTPHeaders: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<\(fields.count) header fields>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(method.rawValue) \(url)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension HTTPResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "HTTP \(head.status), <body of \(body.count) bytes>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension HTTPError: CustomStringConvertible {
    package var description: String {
        let sent = requestSent ? "" : ", nothing sent"
        return "\(code.rawValue): \(detail)\(sent)" + (cause.map { " (\($0))" } ?? "")
    }
}
