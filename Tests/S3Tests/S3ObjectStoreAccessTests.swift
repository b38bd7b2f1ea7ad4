import HTTP
import ObjectStorage
import S3
import Testing

@Suite struct S3ObjectStoreAccessTests {
    @Test("a bucket that answers is accessible")
    func accessible() async throws {
        let bench = Bench()
        bench.transport.script(.ok())

        try await bench.store.verifyAccess()

        #expect(bench.transport.lines == ["HEAD /bucket"])
    }

    @Test("a bucket that does not exist is named so")
    func missing() async throws {
        let bench = Bench()
        bench.transport.script(.answer(404))

        #expect(await failure { try await bench.store.verifyAccess() }?.code == .noSuchBucket)
    }

    @Test(
        "what HEAD does not say, a listing does",
        arguments: [
            ("AccessDenied", ObjectStoreError.Code.accessDenied),
            ("InvalidAccessKeyId", .credentialsRejected),
            ("SignatureDoesNotMatch", .credentialsRejected),
            ("RequestTimeTooSkewed", .clockSkewed),
        ])
    func refused(name: String, code: ObjectStoreError.Code) async throws {
        let bench = Bench()
        bench.transport.script(.answer(403), .error(403, name), .error(403, name))

        #expect(await failure { try await bench.store.verifyAccess() }?.code == code)
    }

    @Test("a policy that allows a listing but no HEAD of the bucket is enough")
    func listingOnly() async throws {
        let bench = Bench()
        bench.transport.script(
            .answer(403),
            .ok([:], "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"))

        try await bench.store.verifyAccess()
    }

    @Test("N9: a certificate that cannot be verified is never tried again")
    func untrusted() async throws {
        let bench = Bench()
        bench.transport.script(.lost(.tlsRefused))

        #expect(await failure { try await bench.store.verifyAccess() }?.code == .untrustedServer)
        #expect(bench.transport.lines.count == 1)
    }

    @Test("S37: a store that ignores conditions is found out, and the probe is deleted")
    func conditions() async throws {
        let careful = Bench()
        careful.transport.script(.error(404, "NoSuchKey"))
        #expect(try await careful.store.heedsConditions())

        let careless = Bench()
        careless.transport.script(.ok(encrypted), .answer(204))
        #expect(try await !careless.store.heedsConditions())
        #expect(
            careless.transport.lines == [
                "PUT /bucket/.wardfs-probe-\(Bench.putID)",
                "DELETE /bucket/.wardfs-probe-\(Bench.putID)",
            ])
    }

    @Test(
        "a bucket's location is read in the forms that servers write",
        arguments: [
            ("<LocationConstraint xmlns=\"x\">eu-west-1</LocationConstraint>", "eu-west-1"),
            ("<LocationConstraint/>", "us-east-1"),
            (
                "<CreateBucketConfiguration><LocationConstraint>a-b</LocationConstraint>"
                    + "</CreateBucketConfiguration>", "a-b"
            ),
        ])
    func location(text: String, region: String) async throws {
        let bench = Bench()
        bench.transport.script(.ok([:], text))

        #expect(try await bench.store.bucketLocation() == region)
    }

    @Test("a delete of many tells which stayed, and only those that were asked for")
    func deleteMany() async throws {
        let bench = Bench { $0.keyPrefix = ObjectKey("p/") }
        bench.transport.script(
            .ok(
                [:],
                "<DeleteResult><Error><Key>p/a&amp;b</Key><Code>AccessDenied</Code></Error>"
                    + "<Error><Key>p/other</Key><Code>InternalError</Code></Error></DeleteResult>"))

        let failed = try await bench.store.delete([ObjectKey("a&b"), ObjectKey("c")])

        #expect(failed.map(\.key) == [ObjectKey("a&b")])
        #expect(failed.first?.error.code == .accessDenied)
        let sent = try #require(bench.transport.sent.first)
        #expect(sent.line == "POST /bucket?delete")
        #expect(sent.bodyText.contains("<Quiet>true</Quiet><Object><Key>p/a&amp;b</Key></Object>"))
        #expect(sent.headers["x-amz-checksum-crc64nvme"] != nil)
    }

    @Test("a key that XML cannot hold is refused before anything is sent")
    func unsendableKey() async throws {
        let bench = Bench()

        let error = await failure { try await bench.store.delete([ObjectKey("a\u{0}b")]) }

        #expect(error?.code == .invalidRequest)
        #expect(bench.transport.sent.isEmpty)
    }
}
