import Encryption
import HTTP
import ObjectStorage
import Testing

@Suite struct CurlTransportTests {
    private let server: FaultServer
    private let transport: CurlTransport

    init() throws {
        server = try FaultServer.shared.get()
        transport = try CurlTransport(TransportConfiguration())
    }

    private func get(
        _ path: String, _ timeouts: HTTPRequest.Timeouts = HTTPRequest.Timeouts(),
        into sink: KeepingSink? = nil, limit: Int = 1 << 20
    ) async throws(HTTPError) -> HTTPResponse {
        try await transport.send(
            HTTPRequest(method: .get, url: server.url(path), timeouts: timeouts), into: sink,
            bodyLimit: limit)
    }

    private func put(
        _ path: String, _ body: (any ByteSource)?, method: HTTPMethod = .put,
        _ timeouts: HTTPRequest.Timeouts = HTTPRequest.Timeouts()
    ) async throws(HTTPError) -> HTTPResponse {
        try await transport.send(
            HTTPRequest(method: method, url: server.url(path), body: body, timeouts: timeouts),
            into: nil, bodyLimit: 1 << 20)
    }

    private func failure(
        _ exchange: () async throws(HTTPError) -> HTTPResponse
    ) async -> HTTPError? {
        do throws(HTTPError) {
            _ = try await exchange()
            return nil
        } catch {
            return error
        }
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        SHA256.digest(of: bytes.span).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    // MARK: - Connections

    @Test("requests one after another share one connection")
    func reuse() async throws {
        var numbers: Set<Substring> = []
        for round in 1...20 {
            let words = try await get("/count").text.split(separator: " ")
            numbers.insert(words[0])
            #expect(words[1] == "\(round)")
        }

        #expect(numbers.count == 1)
    }

    @Test("64 exchanges at once all give their own answer")
    func parallel() async throws {
        let answers = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<64 {
                group.addTask { try? await get("/bytes/\(1000 + number)").body.count }
            }
            return await group.reduce(into: [Int?]()) { $0.append($1) }
        }

        #expect(Set(answers.compactMap { $0 }) == Set(1000..<1064))
    }

    @Test("exchanges beyond the connection limit queue, longer than the connect timeout")
    func queueing() async throws {
        var configuration = TransportConfiguration()
        configuration.threadCount = 1
        configuration.connectionsPerThread = 2
        let narrow = try CurlTransport(configuration)
        let request = HTTPRequest(
            method: .get, url: server.url("/slow/100"),
            timeouts: HTTPRequest.Timeouts(connect: .milliseconds(150)))

        let answers = await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try? await narrow.send(request, into: nil, bodyLimit: 100).head.status
                }
            }
            return await group.reduce(into: [Int?]()) { $0.append($1) }
        }

        #expect(answers == Array(repeating: 200, count: 10))
    }

    @Test("a kept connection that the server closed is replaced in silence, the body sent again")
    func staleConnection() async throws {
        _ = try await put("/once", PatternSource(count: 300_000))
        let source = PatternSource(count: 300_000)

        let second = try await put("/once", source)

        #expect(second.text == "PUT 300000 \(Self.digest(PatternSource.bytes(300_000)))")
        #expect(source.timesBegun == 2)
        #expect(try await get("/close-after").head.status == 200)
        #expect(try await get("/count").head.status == 200)
    }

    @Test("a conditional write is not repeated in silence: its first copy may have taken effect")
    func conditionalWrite() async throws {
        _ = try await put("/once", PatternSource(count: 300_000))
        let source = PatternSource(count: 300_000)
        let request = HTTPRequest(
            method: .put, url: server.url("/once"), headers: HTTPHeaders([("If-Match", "\"e\"")]),
            body: source)

        let error = await #expect(throws: HTTPError.self) {
            try await transport.send(request, into: nil, bodyLimit: 1 << 16)
        }

        #expect(error?.code == .interrupted && error?.requestSent == true)
        #expect(source.timesBegun <= 1)
    }

    // MARK: - Messages

    @Test("the path, the query and the headers are sent byte for byte")
    func verbatim() async throws {
        let request = HTTPRequest(
            method: .get, url: server.url("/dump/../dump//./%2e%20~x/", query: "b=%2F&a&c="),
            headers: HTTPHeaders([("X-Empty", ""), ("X-Amz-Date", "1  2"), ("Host", "ignored")]))

        var text = try await transport.send(request, into: nil, bodyLimit: 1 << 16).text
        text.replace("127.0.0.1:\(server.port)", with: "HOST")

        #expect(
            text == "GET /dump/../dump//./%2e%20~x/?b=%2F&a&c= HTTP/1.1\r\nHost: HOST\r\n"
                + "X-Empty:\r\nX-Amz-Date: 1  2\r\n\r\n")
    }

    @Test(
        "bodies arrive whole and with their length",
        arguments: [HTTPMethod.put, .post], [0, 1, 70_000, 3 << 20])
    func upload(method: HTTPMethod, size: Int) async throws {
        let expected = Self.digest(PatternSource.bytes(size))

        let answer = try await put("/echo", PatternSource(count: UInt64(size)), method: method)

        #expect(answer.text == "\(method.rawValue) \(size) \(expected)")
        #expect(answer.head.headers["x-echo"] == "spaced")
    }

    @Test(
        "a PUT or POST says its length, and only a large one waits for the server's word",
        arguments: [HTTPMethod.put, .post], [nil, 0, 70_000, 1 << 20])
    func uploadHead(method: HTTPMethod, size: UInt64?) async throws {
        let answer = try await put("/dump", size.map { PatternSource(count: $0) }, method: method)

        #expect(answer.text.contains("Content-Length: \(size ?? 0)\r\n"))
        #expect(answer.text.contains("Expect: 100-continue") == ((size ?? 0) >= 1 << 20))
        #expect(!answer.text.contains("Content-Type"))
    }

    @Test("a server that never says 100 gets the body after a second")
    func silentContinue() async throws {
        let answer = try await put("/nocontinue", PatternSource(count: 1 << 20))

        #expect(answer.text.hasPrefix("PUT 1048576 "))
    }

    @Test("an early refusal stops the body and is reported", arguments: [UInt64(500), 40 << 20])
    func earlyRefusal(size: UInt64) async throws {
        let source = PatternSource(count: size)

        let answer = try await put("/early/403", source)

        #expect(answer.head.status == 403)
        #expect(answer.text == "refused")
        #expect(size < 1 << 20 || source.timesBegun == 0)
    }

    @Test("HEAD gives the announced length and no body")
    func head() async throws {
        let request = HTTPRequest(method: .head, url: server.url("/bytes/5000"))

        let answer = try await transport.send(request, into: nil, bodyLimit: 10)

        #expect(answer.head.headers["Content-Length"] == "5000")
        #expect(answer.body.isEmpty)
    }

    @Test("DELETE and statuses without a body work", arguments: [204, 304, 404, 500])
    func statuses(status: Int) async throws {
        let request = HTTPRequest(method: .delete, url: server.url("/status/\(status)"))

        let answer = try await transport.send(request, into: nil, bodyLimit: 100)

        #expect(answer.head.status == status)
        #expect(answer.text == (status < 400 ? "" : "document"))
    }

    @Test("redirects are answers, and informational answers are not")
    func interim() async throws {
        #expect(try await get("/status/302").head.status == 302)
        let informed = try await get("/informed")
        #expect(informed.head.status == 200)
        #expect(informed.head.headers["link"] == nil)
    }

    // MARK: - Bodies

    @Test("a sink takes the body in order", arguments: ["/bytes/3000000", "/chunked/3000000"])
    func sink(path: String) async throws {
        let sink = KeepingSink()

        let answer = try await get(path, into: sink, limit: 0)

        #expect(sink.bytes == PatternSource.bytes(3_000_000))
        #expect(sink.heads == [200])
        #expect(answer.body.isEmpty)
        #expect(answer.head.headers["x-trailer"] == nil)
    }

    @Test("a body that the sink declines is collected")
    func declined() async throws {
        let sink = KeepingSink()

        let answer = try await get("/status/404", into: sink)

        #expect(sink.heads == [404])
        #expect(sink.bytes.isEmpty)
        #expect(answer.text == "document")
    }

    @Test("a failing sink or source ends the exchange with its own error")
    func streamFailures() async {
        let bySink = await failure { () async throws(HTTPError) in
            try await get("/bytes/2000000", into: KeepingSink(failsFrom: 1))
        }
        let bySource = await failure { () async throws(HTTPError) in
            try await put("/echo", PatternSource(count: 900_000, failsAt: 600_000))
        }
        let byEnd = await failure { () async throws(HTTPError) in
            try await put("/echo", PatternSource(count: 900_000, endsAt: 600_000))
        }

        #expect(bySink?.code == .streamFailed && bySink?.cause?.code == .checksumMismatch)
        #expect(bySource?.code == .streamFailed && bySource?.cause?.code == .localDataDamaged)
        #expect(byEnd?.code == .streamFailed && byEnd?.cause == nil)
    }

    @Test("a body beyond the limit is refused", arguments: ["/bytes/101", "/chunked/101"])
    func bodyLimit(path: String) async throws {
        let found = await failure { () async throws(HTTPError) in try await get(path, limit: 100) }

        #expect(found?.code == .tooLarge)
        #expect(try await get("/bytes/100", limit: 100).body.count == 100)
    }

    // MARK: - Faults

    @Test(
        "broken answers are told apart",
        arguments: [
            ("/truncate/1000/999", HTTPError.Code.interrupted), ("/truncate/1000/0", .interrupted),
            ("/reset/1000", .interrupted), ("/reset/-1", .interrupted),
            ("/garbage", .malformedResponse), ("/badhead", .malformedResponse),
            ("/headers/257/1", .tooLarge), ("/headers/70/1000", .tooLarge),
        ])
    func broken(path: String, code: HTTPError.Code) async {
        let found = await failure { () async throws(HTTPError) in
            try await get(path, into: KeepingSink())
        }

        #expect(found?.code == code)
        #expect(found?.requestSent == true)
    }

    @Test("256 headers are still taken")
    func manyHeaders() async throws {
        let answer = try await get("/headers/255/1")

        // And Content-Length.
        #expect(answer.head.headers.fields.count == 256)
    }

    @Test(
        "deadlines end an exchange soon after they pass",
        arguments: [
            ("/slow/60000", HTTPRequest.Timeouts(firstByte: .milliseconds(300))),
            ("/stall/1000", HTTPRequest.Timeouts(stall: .milliseconds(300))),
            ("/trickle", HTTPRequest.Timeouts(stall: .milliseconds(300))),
            ("/slow/60000", HTTPRequest.Timeouts(total: .milliseconds(300))),
        ])
    func deadlines(path: String, timeouts: HTTPRequest.Timeouts) async {
        var found: HTTPError?

        let elapsed = await ContinuousClock().measure {
            found = await failure { () async throws(HTTPError) in try await get(path, timeouts) }
        }

        #expect(found?.code == .timedOut)
        // The upper bound only tells it from the 10 s of the default, on a busy machine too.
        #expect(elapsed >= .milliseconds(300) && elapsed < .seconds(9))
    }

    @Test(
        "an upload that the server does not read stalls, though the kernel took all of it",
        arguments: [UInt64(64 << 20), 900_000])
    func unreadUpload(size: UInt64) async {
        let timeouts = HTTPRequest.Timeouts(
            firstByte: .milliseconds(200), stall: .milliseconds(1500))

        let found = await failure { () async throws(HTTPError) in
            try await put("/unread", PatternSource(count: size), timeouts)
        }

        #expect(found?.code == .timedOut)
        #expect(found?.detail.contains("stalled") == true)
    }

    @Test("an upload that the server has, and does not answer, misses the first byte's deadline")
    func unansweredUpload() async {
        let timeouts = HTTPRequest.Timeouts(firstByte: .milliseconds(200))

        let found = await failure { () async throws(HTTPError) in
            try await put("/slow/60000", PatternSource(count: 100_000), timeouts)
        }

        #expect(found?.code == .timedOut)
        #expect(found?.detail.contains("first byte") == true)
    }

    @Test("nothing listening is told as not connected, nothing sent")
    func refused() async {
        let request = HTTPRequest(
            method: .get, url: HTTPURL(scheme: .http, host: "127.0.0.1", port: 1))

        let found = await failure { () async throws(HTTPError) in
            try await transport.send(request, into: nil, bodyLimit: 1)
        }

        #expect(found?.code == .notConnected)
        #expect(found?.requestSent == false)
    }

    @Test("cancelling a task ends its exchange at once, before and during it")
    func cancellation() async throws {
        let sink = KeepingSink()
        let during = Task { () -> HTTPError? in
            await failure { () async throws(HTTPError) in try await get("/stall/10", into: sink) }
        }
        while sink.heads.isEmpty { await Task.yield() }
        during.cancel()
        let before = Task { () -> HTTPError? in
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await failure { () async throws(HTTPError) in try await get("/slow/60000") }
        }

        #expect(await during.value?.code == .cancelled)
        #expect(await before.value?.code == .cancelled)
    }

    @Test("shutting down ends what is under way and refuses what comes later")
    func shutDown() async throws {
        let sink = KeepingSink()
        let running = Task { () -> HTTPError? in
            await failure { () async throws(HTTPError) in try await get("/stall/10", into: sink) }
        }
        while sink.heads.isEmpty { await Task.yield() }

        transport.shutDown()
        transport.shutDown()

        #expect(await running.value?.code == .cancelled)
        let late = await failure { () async throws(HTTPError) in try await get("/count") }
        #expect(late?.code == .cancelled)
    }
}
