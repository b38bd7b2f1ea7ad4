/// What a transport may do and how much of it at once.
package struct TransportConfiguration: Sendable {
    /// Transfer threads, 1 or more. Each runs its own event loop; two keep two cores busy with TLS.
    package var threadCount = 2
    /// Exchanges under way on one thread at once, which is also its connections; the rest queue.
    package var connectionsPerThread = 64
    /// Exchanges that may wait on one thread; more fail at once. Far above what the file system and
    /// the upload queue ask for together, so that only a fault reaches it.
    package var queuedPerThread = 4096
    /// A PEM file of the certificate authorities to trust in place of the system's.
    package var caBundlePath: String?
    /// Whether plain http may go to hosts other than this machine.
    package var insecureHTTP = false
    /// Where the proxy variables are looked up: `https_proxy`, `HTTPS_PROXY`, `http_proxy`,
    /// `all_proxy`, `ALL_PROXY`, `no_proxy`, `NO_PROXY`.
    package var environment: [String: String] = [:]
    /// Header fields of one answer, at most. S3 sends about 20.
    package var headerCountLimit = 256
    /// Bytes of all header lines of one answer, at most.
    package var headerBytesLimit = 64 << 10

    package init() {}
}
