import ObjectStorage
import S3
import Testing

@Suite struct S3ObjectStoreListTests {
    private func document(
        _ keys: [String], prefixes: [String] = [], encoded: Bool = true, token: String? = nil,
        truncated: Bool = false
    ) -> String {
        var text = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for key in keys {
            text += "<Contents><Key>\(key)</Key><Size>7</Size><ETag>&quot;e&quot;</ETag>"
            text += "<LastModified>2023-11-14T22:13:20.5Z</LastModified></Contents>"
        }
        for prefix in prefixes {
            text += "<CommonPrefixes><Prefix>\(prefix)</Prefix></CommonPrefixes>"
        }
        text += "<IsTruncated>\(truncated)</IsTruncated>"
        if let token { text += "<NextContinuationToken>\(token)</NextContinuationToken>" }
        // Behind the keys, as some servers write it.
        return text + (encoded ? "<EncodingType>url</EncodingType>" : "") + "</ListBucketResult>"
    }

    private func list(
        _ bench: Bench, _ prefix: String = "", token: String? = nil
    ) async throws -> ListPage {
        try await bench.store.list(
            ListRequest(prefix: ObjectKey(prefix), continuationToken: token))
    }

    @Test("keys are decoded, and the mount's prefix is added and cut off")
    func decoded() async throws {
        let bench = Bench { $0.keyPrefix = ObjectKey("team/a+b/") }
        bench.transport.script(
            .ok(
                [:],
                document(
                    ["team/a%2Bb/", "team/a%2Bb/x+y%25.txt", "team/a%2Bb/caf%C3%A9"],
                    prefixes: ["team/a%2Bb/d%20e/"])))

        let page = try await list(bench)

        #expect(page.objects.map(\.key.rawValue) == ["caf\u{E9}", "x y%.txt"])
        #expect(page.commonPrefixes.map(\.rawValue) == ["d e/"])
        #expect(page.objects.first?.attributes.size == 7)
        #expect(page.objects.first?.attributes.eTag == ETag("e"))
        #expect(
            page.objects.first?.attributes.lastModified
                == Timestamp(seconds: 1_700_000_000, nanoseconds: 500_000_000))
        #expect(
            bench.transport.lines == [
                "GET /bucket?delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000"
                    + "&prefix=team%2Fa%2Bb%2F"
            ])
    }

    @Test("S31: keys outside the prefix, twice, unsorted or undecodable do not reach the caller")
    func strangeKeys() async throws {
        let bench = Bench()
        bench.transport.script(
            .ok(
                [:],
                document(
                    ["p/b", "other", "p/a", "p/b", "p/%FF", "p/%4", "p/c"],
                    prefixes: ["p/z/", "p/z/", "q/"])))

        let page = try await list(bench, "p/")

        #expect(page.objects.map(\.key.rawValue) == ["p/a", "p/b", "p/c"])
        #expect(page.commonPrefixes.map(\.rawValue) == ["p/z/"])
    }

    @Test("two spellings of one text are two keys")
    func canonicalEquivalents() async throws {
        let bench = Bench()
        bench.transport.script(.ok([:], document(["e%CC%81", "%C3%A9"])))

        let page = try await list(bench)

        #expect(
            page.objects.map { Array($0.key.rawValue.utf8) } == [
                [0x65, 0xCC, 0x81], [0xC3, 0xA9],
            ])
    }

    @Test("S30: a page without the way to the next one, or with the way to itself, is an error")
    func loops() async throws {
        let bench = Bench()
        let missing = Reply.ok([:], document(["a"], truncated: true))
        bench.transport.script(missing, missing)
        #expect(await failure { try await list(bench) }?.code == .malformedResponse)

        let same = Reply.ok([:], document(["a"], token: "t", truncated: true))
        bench.transport.script(same, same, same)
        #expect(try await list(bench).continuationToken == "t")
        #expect(await failure { try await list(bench, token: "t") }?.code == .malformedResponse)
        #expect(bench.transport.left == 0)
    }

    @Test(
        "Z8: XML that is broken, cut off or not a listing is an error, not an empty directory",
        arguments: [
            "", "<", "<ListBucketResult>", "<ListBucketResult><Contents></ListBucketResult>",
            "<!DOCTYPE a><ListBucketResult></ListBucketResult>", "<html></html>",
            "<ListBucketResult></ListBucketResult>x",
            "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        ])
    func malformed(text: String) async throws {
        let bench = Bench()
        bench.transport.script(.ok([:], text), .ok([:], text))

        let error = await failure { try await list(bench) }

        #expect(error?.code == .malformedResponse)
        #expect(bench.transport.left == 0)
    }

    @Test("a listing that is refused is an error with the store's code")
    func refused() async throws {
        let bench = Bench()
        bench.transport.script(.error(403, "AccessDenied"))

        let error = await failure { try await list(bench) }

        #expect(error?.code == .accessDenied)
        #expect(bench.transport.lines.count == 1)
    }
}
