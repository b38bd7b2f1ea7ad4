import HTTP
import Testing

@Suite struct TransportSecurityTests {
    private let server: FaultServer

    init() throws {
        server = try FaultServer.shared.get()
    }

    private func outcome(
        _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(), peer: HTTPRequest.Peer = .store,
        _ configure: (inout TransportConfiguration) -> Void = { _ in }
    ) async throws -> Result<Int, HTTPError> {
        var configuration = TransportConfiguration()
        configure(&configuration)
        let transport = try CurlTransport(configuration)
        let request = HTTPRequest(
            method: .get, url: url, headers: headers,
            timeouts: HTTPRequest.Timeouts(connect: .seconds(2)), peer: peer)
        do throws(HTTPError) {
            let answer = try await transport.send(request, into: nil, bodyLimit: 1000)
            return .success(answer.head.status)
        } catch {
            return .failure(error)
        }
    }

    private func tls(_ port: UInt16) -> HTTPURL {
        HTTPURL(scheme: .https, host: "localhost", port: port, encodedPath: "/bytes/1")
    }

    @Test("a certificate of a given authority is accepted, and refused without that authority")
    func authority() async throws {
        let trusted = try await outcome(tls(server.tlsPort)) {
            $0.caBundlePath = server.authorities
        }
        let unknown = try await outcome(tls(server.tlsPort))

        #expect(trusted.status == 200)
        #expect(unknown.code == .tlsRefused)
        #expect(unknown.wasSent == false)
    }

    @Test("a certificate for another host is refused")
    func wrongHost() async throws {
        let found = try await outcome(tls(server.wrongHostPort)) {
            $0.caBundlePath = server.authorities
        }

        #expect(found.code == .tlsRefused)
    }

    @Test("a server that speaks TLS 1.1 at most is sent nothing")
    func oldTLS() async throws {
        let found = try await outcome(tls(server.oldTLSPort)) {
            $0.caBundlePath = server.authorities
        }

        // Told apart only where the server says why before it hangs up, which this one does not.
        #expect(found.code == .tlsRefused || found.code == .notConnected)
        #expect(found.wasSent == false)
    }

    @Test("a handshake that breaks off is no refusal of the certificate: it may be tried again")
    func brokenHandshake() async throws {
        let found = try await outcome(tls(server.brokenPort))

        #expect(found.code == .notConnected)
        #expect(found.wasSent == false)
    }

    @Test(
        "plain http goes to this machine only",
        arguments: [
            "192.0.2.1", "example.org", "127.0.0.1.example.org", "169.254.169.254", "0x7f.1",
        ])
    func plainHTTP(host: String) async throws {
        let found = try await outcome(HTTPURL(scheme: .http, host: host, port: 9))

        #expect(found.code == .invalidRequest)
        #expect(found.wasSent == false)
    }

    @Test("plain http to a metadata service goes to its addresses only")
    func metadata() async throws {
        let foreign = try await outcome(
            HTTPURL(scheme: .http, host: "192.0.2.1"), peer: .metadataService
        ) { $0.insecureHTTP = true }
        let local = try await outcome(server.url("/bytes/1"), peer: .metadataService)

        #expect(foreign.code == .invalidRequest)
        #expect(local.status == 200)
    }

    @Test("plain http elsewhere is tried only when it is allowed")
    func insecure() async throws {
        // 127.0.0.1 by another spelling, which the check takes for a foreign host.
        let url = HTTPURL(
            scheme: .http, host: "0x7f000001", port: server.port, encodedPath: "/count")

        let refused = try await outcome(url)
        let allowed = try await outcome(url) { $0.insecureHTTP = true }

        #expect(refused.code == .invalidRequest)
        #expect(allowed.status == 200)
    }

    @Test(
        "nothing that breaks a line leaves",
        arguments: [
            HTTPHeaders([("X-A", "a\r\nX-B: b")]), HTTPHeaders([("X-A", "a\nb")]),
            HTTPHeaders([("X-A", "a\0b")]), HTTPHeaders([("X-A\r\n", "a")]),
            HTTPHeaders([("X A", "a")]), HTTPHeaders([("", "a")]), HTTPHeaders([("X:A", "a")]),
            HTTPHeaders([("Transfer-Encoding", "chunked")]), HTTPHeaders([("X-A", "\u{7F}")]),
        ])
    func headerInjection(headers: HTTPHeaders) async throws {
        let found = try await outcome(server.url("/count"), headers: headers)

        #expect(found.code == .invalidRequest)
        #expect(found.wasSent == false)
    }

    @Test(
        "no URL with a stray byte leaves",
        arguments: [
            ("localhost\r\nX: y", "/", nil), ("local host", "/", nil), ("a@localhost", "/", nil),
            ("localhost/x", "/", nil), ("", "/", nil), ("localhost:80", "/", nil),
            ("localhost", "/a b", nil), ("localhost", "/a\r\nX: y", nil), ("localhost", "a", nil),
            ("localhost", "/é", nil), ("localhost", "/a?b", nil), ("localhost", "/a#b", nil),
            ("localhost", "/", "a b"), ("localhost", "/", "a#b"), ("localhost", "/", "a\0"),
            ("[::1", "/", nil), ("[x]", "/", nil),
        ])
    func urlInjection(host: String, path: String, query: String?) async throws {
        let url = HTTPURL(
            scheme: .https, host: host, port: 9, encodedPath: path, encodedQuery: query)

        let found = try await outcome(url)

        #expect(found.code == .invalidRequest)
    }

    @Test("a proxy variable is used for a store elsewhere, and its exceptions are kept")
    func proxy() async throws {
        let url = HTTPURL(scheme: .http, host: "store.invalid", encodedPath: "/count")
        let proxy = "http://127.0.0.1:\(server.port)"

        // The fault server takes `GET http://store.invalid/count` for an unknown fault: 404.
        let through = try await outcome(url) {
            $0.insecureHTTP = true
            $0.environment = ["http_proxy": proxy]
        }
        let excepted = try await outcome(url) {
            $0.insecureHTTP = true
            $0.environment = ["http_proxy": proxy, "NO_PROXY": "other,.invalid"]
        }

        #expect(through.status == 404)
        #expect(excepted.code == .nameNotResolved)
    }

    @Test("a proxy that refuses the tunnel is told as not connected, nothing sent")
    func refusedTunnel() async throws {
        let url = HTTPURL(scheme: .https, host: "store.invalid", encodedPath: "/count")

        // The fault server takes CONNECT for an unknown fault: 404.
        let found = try await outcome(url) {
            $0.environment = ["HTTPS_PROXY": "http://127.0.0.1:\(server.port)"]
        }

        #expect(found.code == .notConnected)
        #expect(found.wasSent == false)
    }

    @Test("metadata services and this machine are never asked through a proxy")
    func noProxy() async throws {
        for peer in [HTTPRequest.Peer.metadataService, .store] {
            let found = try await outcome(server.url("/bytes/1"), peer: peer) {
                $0.environment = [
                    "http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1",
                ]
            }
            #expect(found.status == 200)
        }
    }

    @Test("nothing that holds a path, a header or a body prints it")
    func redaction() {
        let url = HTTPURL(
            scheme: .https, host: "h", port: 1, encodedPath: "/marker", encodedQuery: "marker")
        let headers = HTTPHeaders([("marker", "marker")])
        let request = HTTPRequest(method: .get, url: url, headers: headers)
        let head = HTTPResponseHead(status: 200, headers: headers)
        let response = HTTPResponse(head: head, body: Array("marker".utf8))

        for value: Any in [url, headers, request, head, response] {
            var text = "\(value) \(String(reflecting: value))"
            dump(value, to: &text)
            #expect(!text.contains("marker"))
        }
    }
}

extension Result where Success == Int, Failure == HTTPError {
    fileprivate var status: Int? { try? get() }

    fileprivate var code: HTTPError.Code? {
        if case .failure(let error) = self { error.code } else { nil }
    }

    fileprivate var wasSent: Bool? {
        if case .failure(let error) = self { error.requestSent } else { nil }
    }
}
