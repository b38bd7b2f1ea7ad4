import Checksums
import HTTP
import ObjectStorage
import ObjectStoreTestSupport
import S3
import Testing

@Suite struct S3ObjectStoreGetTests {
    private let head = [
        "ETag": "\"e1\"", "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT",
        "Content-Length": "9",
    ]

    private func range(_ text: String, length: Int) -> [String: String] {
        head.merging(["Content-Range": text, "Content-Length": String(length)]) { $1 }
    }

    private func get(
        _ bench: Bench, _ range: ByteRange? = nil, ifMatch eTag: ETag? = nil
    ) async throws -> (bytes: String, attributes: ObjectAttributes) {
        let sink = CollectingSink()
        let attributes = try await bench.store.get(
            ObjectKey("key"), range: range, ifMatch: eTag, into: sink)
        return (String(decoding: sink.bytes, as: UTF8.self), attributes)
    }

    @Test("N2: a broken body is gone on with from the last byte, of the same version only")
    func resumed() async throws {
        let bench = Bench()
        bench.transport.script(
            .cut(200, head, "123456789", after: 4),
            .cut(206, range("bytes 4-8/9", length: 5), "56789", after: 2),
            .answer(206, range("bytes 6-8/9", length: 3), "789"))

        let got = try await get(bench)

        #expect(got.bytes == "123456789")
        #expect(got.attributes.size == 9)
        let sent = bench.transport.sent
        #expect(sent[0].headers["range"] == nil && sent[0].headers["if-match"] == nil)
        #expect(sent[1].headers["range"] == "bytes=4-8")
        #expect(sent[1].headers["if-match"] == "\"e1\"")
        #expect(sent[2].headers["range"] == "bytes=6-8")
    }

    @Test("N3: a body that ends early without an error is gone on with")
    func shortBody() async throws {
        let bench = Bench()
        bench.transport.script(
            .answer(206, range("bytes 2-5/9", length: 4), "345"),
            .answer(206, range("bytes 5-5/9", length: 1), "6"))

        let got = try await get(bench, ByteRange(offset: 2, count: 4), ifMatch: ETag("e1"))

        #expect(got.bytes == "3456")
        #expect(bench.transport.sent.map { $0.headers["range"] } == ["bytes=2-5", "bytes=5-5"])
    }

    @Test("progress renews the tries: a body that breaks thirty times still arrives")
    func manyInterruptions() async throws {
        let bench = Bench()
        let body = String(repeating: "x", count: 31)
        for sent in 0..<30 {
            bench.transport.script(
                .cut(
                    206, range("bytes \(sent)-30/31", length: 31 - sent),
                    String(body.dropFirst(sent)), after: 1))
        }
        bench.transport.script(.answer(206, range("bytes 30-30/31", length: 1), "x"))

        let got = try await get(bench, ByteRange(offset: 0, count: 31))

        #expect(got.bytes == body)
    }

    @Test("without progress a read is given up after ten tries")
    func noProgress() async throws {
        let bench = Bench()
        for _ in 0..<20 { bench.transport.script(.lost(.timedOut)) }

        let error = await failure { try await get(bench) }

        #expect(error?.code == .timedOut)
        #expect(bench.transport.lines.count == 10)
        #expect(bench.clock.sleeps.reduce(.zero, +) <= .seconds(60))
    }

    @Test("S15 S16: a whole object that does not match its checksum is an error")
    func wrongChecksum() async throws {
        let bench = Bench()
        bench.transport.script(
            .ok(head.merging(["x-amz-checksum-crc64nvme": "AAAAAAAAAAA="]) { $1 }, "123456789"))

        let error = await failure { try await get(bench) }

        #expect(error?.code == .checksumMismatch)
        #expect(bench.transport.lines.count == 1)
    }

    @Test("a right checksum passes, over an interruption too; a composite one is no checksum")
    func rightChecksum() async throws {
        let bench = Bench()
        let right = head.merging([
            "x-amz-checksum-crc64nvme": "rosUhgp5mIg=", "x-amz-checksum-type": "FULL_OBJECT",
        ]) { $1 }
        let composite = head.merging([
            "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=", "x-amz-checksum-type": "COMPOSITE",
        ]) { $1 }
        bench.transport.script(
            .cut(200, right, "123456789", after: 5),
            .answer(206, range("bytes 5-8/9", length: 4), "6789"), .ok(composite, "123456789"))

        #expect(try await get(bench).attributes.checksum?.value == 0xAE8B_1486_0A79_9888)
        #expect(try await get(bench).attributes.checksum == nil)
    }

    @Test("S20: an object replaced between two pieces is never mixed, even by a careless store")
    func replaced() async throws {
        let careful = Bench()
        careful.transport.script(
            .cut(200, head, "123456789", after: 4), .error(412, "PreconditionFailed"))
        let careless = Bench()
        var other = range("bytes 4-8/9", length: 5)
        other["ETag"] = "\"e2\""
        careless.transport.script(
            .cut(200, head, "123456789", after: 4), .answer(206, other, "56789"))

        for bench in [careful, careless] {
            let error = await failure { try await get(bench) }
            #expect(error?.code == .preconditionFailed)
        }
    }

    @Test("S22: an ignored range is accepted only if the whole object is the range")
    func ignoredRange() async throws {
        let bench = Bench()
        bench.transport.script(
            .ok(head, "123456789"), .ok(head, "123456789"), .ok(head, "123456789"))

        #expect(try await get(bench, ByteRange(offset: 0, count: 9)).bytes == "123456789")
        let error = await failure { try await get(bench, ByteRange(offset: 1, count: 8)) }

        #expect(error?.code == .malformedResponse)
        #expect(bench.transport.left == 0)
    }

    @Test(
        "S23: a wrong or missing Content-Range hands on no byte",
        arguments: ["bytes 3-5/9", "bytes 2-4/4", "bytes 2-4/*", "bytes 2-4", "2-4/9", ""])
    func wrongRange(text: String) async throws {
        let bench = Bench()
        let headers = text.isEmpty ? head : range(text, length: 3)
        bench.transport.script(.answer(206, headers, "345"), .answer(206, headers, "345"))
        let sink = CollectingSink()

        let error = await failure {
            try await bench.store.get(
                ObjectKey("key"), range: ByteRange(offset: 2, count: 3), ifMatch: nil, into: sink)
        }

        #expect(error?.code == .malformedResponse)
        #expect(sink.bytes.isEmpty)
    }

    @Test("S33: a 206 to a request for all, and a 204, are errors")
    func unexpectedStatus() async throws {
        for status in [206, 204, 304] {
            let bench = Bench()
            bench.transport.script(.answer(status, head), .answer(status, head))
            let error = await failure { try await get(bench) }
            #expect(error?.code == .malformedResponse, "status \(status)")
        }
    }

    @Test("more bytes than asked for are an error before they reach the reader")
    func tooManyBytes() async throws {
        let bench = Bench()
        let reply = Reply.answer(206, range("bytes 2-4/9", length: 3), "34567")
        bench.transport.script(reply, reply)

        let error = await failure { try await get(bench, ByteRange(offset: 2, count: 3)) }

        #expect(error?.code == .malformedResponse)
    }

    @Test("only the store's own 404 means absent; a proxy's page does not")
    func absence() async throws {
        let bench = Bench()
        bench.transport.script(.error(404, "NoSuchKey"))
        #expect(await failure { try await get(bench) }?.code == .noSuchKey)

        bench.transport.script(.error(404, "NoSuchBucket"))
        #expect(await failure { try await get(bench) }?.code == .noSuchBucket)

        bench.transport.script(
            .answer(404, [:], "<html>Not found"), .answer(404, [:], "<html>Not found"))
        #expect(await failure { try await get(bench) }?.code == .malformedResponse)
    }

    @Test("S32: a HEAD without Content-Length is an error")
    func headWithoutLength() async throws {
        let bench = Bench()
        var bare = head
        bare["Content-Length"] = nil
        bench.transport.script(.ok(bare), .ok(bare))

        let error = await failure { try await bench.store.head(ObjectKey("key")) }

        #expect(error?.code == .malformedResponse)
    }

    @Test("S34: an archived object says what to do")
    func archived() async throws {
        let bench = Bench()
        bench.transport.script(.error(403, "InvalidObjectState"))

        let error = await failure { try await get(bench) }

        #expect(error?.code == .archived)
        #expect(error?.detail?.contains("restore") == true)
    }
}
