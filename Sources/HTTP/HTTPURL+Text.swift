extension HTTPURL {
    /// An absolute http or https URL without user or fragment; nil for anything else. The path and
    /// query stay as written.
    package init?(_ text: String) {
        let scheme: Scheme
        if text.lowercased().hasPrefix("https://") {
            scheme = .https
        } else if text.lowercased().hasPrefix("http://") {
            scheme = .http
        } else {
            return nil
        }
        let rest = text.dropFirst(scheme.rawValue.utf8.count + 3)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let target = rest[end...]
        guard !target.contains("#") else { return nil }
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = halves.first.map(String.init) ?? ""
        var host = rest[..<end]
        var port: UInt16?
        // A colon inside brackets belongs to an address.
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            guard let number = UInt16(host[host.index(after: colon)...]), number > 0 else {
                return nil
            }
            port = number
            host = host[..<colon]
        }
        guard !host.isEmpty, !host.contains("@") else { return nil }
        self.init(
            scheme: scheme, host: String(host), port: port, encodedPath: path.isEmpty ? "/" : path,
            encodedQuery: halves.count > 1 ? String(halves[1]) : nil)
    }

    /// Whether the host is this machine, where plain http does not leave it.
    package var isLoopback: Bool { HostRange.isLoopback(host) }
}
