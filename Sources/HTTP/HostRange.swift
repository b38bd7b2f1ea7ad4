/// Where a host stands, told from its spelling alone.
enum HostRange {
    /// Whether it is this machine: `localhost`, names below it (libcurl answers both itself,
    /// without DNS), 127.0.0.0/8, ::1.
    static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]" { return true }
        return octets(name)?.first == 127
    }

    /// Whether a metadata service may be there: this machine, link-local, or the EC2 and EKS
    /// addresses of IPv6.
    /// Source: EC2 User Guide, "Access instance metadata"; EKS User Guide, "Pod Identity".
    static func isMetadata(_ host: String) -> Bool {
        let name = host.lowercased()
        if isLoopback(name) || name.hasPrefix("[fd00:ec2:") || name.hasPrefix("[fe80:") {
            return true
        }
        return octets(name).map { $0[0] == 169 && $0[1] == 254 } ?? false
    }

    /// The four numbers of a dotted address; nil for anything else, short and octal forms included.
    private static func octets(_ name: String) -> [UInt8]? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let numbers = parts.compactMap { part in
            (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (48...57).contains($0) }
                ? UInt8(part) : nil
        }
        return numbers.count == 4 ? numbers : nil
    }
}
