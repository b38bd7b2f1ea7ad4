/// The proxy for one request, and the hosts that need none.
struct ProxyChoice: Equatable {
    /// Empty for none, whatever libcurl itself would find.
    var url = ""
    var exceptions = ""

    /// - Parameter environment: as curl reads it: small letters first; `HTTP_PROXY` in capitals is
    ///   not looked at, since a CGI server sets it from a request's header.
    /// Source: curl(1), "ENVIRONMENT".
    init(for url: HTTPURL, peer: HTTPRequest.Peer, environment: [String: String]) {
        // Metadata and loopback never leave the machine: a proxy would carry secrets off it.
        guard peer == .store, !HostRange.isLoopback(url.host) else { return }
        let names =
            switch url.scheme {
            case .https: ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
            case .http: ["http_proxy", "all_proxy", "ALL_PROXY"]
            }
        self.url = Self.first(names, in: environment)
        exceptions = Self.first(["no_proxy", "NO_PROXY"], in: environment)
    }

    private static func first(_ names: [String], in environment: [String: String]) -> String {
        names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    }
}
