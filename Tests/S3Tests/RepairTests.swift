import HTTP
import ObjectStorage
import S3
import Testing

@Suite struct RepairTests {
    @Test("S3: a skewed clock is corrected by the store's date, once")
    func skew() async throws {
        let bench = Bench()
        // Ten hours ahead of the local clock.
        let date = ["Date": "Wed, 15 Nov 2023 08:13:20 GMT"]
        bench.transport.script(
            .error(403, "RequestTimeTooSkewed", date), .ok(encrypted), .ok(encrypted))

        _ = try await bench.put()
        _ = try await bench.put()

        let dates = bench.transport.sent.map { $0.headers["x-amz-date"] }
        #expect(dates == ["20231114T221320Z", "20231115T081320Z", "20231115T081320Z"])
    }

    @Test("S3: a clock that stays wrong is an error that says what to do")
    func skewTwice() async throws {
        let bench = Bench()
        let reply = Reply.error(
            403, "RequestTimeTooSkewed", ["Date": "Wed, 15 Nov 2023 08:13:20 GMT"])
        bench.transport.script(reply, reply)

        let error = await failure { try await bench.put() }

        #expect(error?.code == .clockSkewed)
        #expect(error?.detail?.contains("clock") == true)
    }

    @Test(
        "S3: a HEAD that is refused without a word is tried with the store's time, if that is far")
    func skewedHead() async throws {
        let far = Bench()
        far.transport.script(
            .answer(403, ["Date": "Wed, 15 Nov 2023 08:13:20 GMT"]), .ok(ownHead(size: 3)))
        _ = try await far.store.head(ObjectKey("key"))

        let near = Bench()
        near.transport.script(.answer(403, ["Date": "Tue, 14 Nov 2023 22:13:25 GMT"]))
        let error = await failure { try await near.store.head(ObjectKey("key")) }
        #expect(error?.code == .accessDenied)
    }

    @Test(
        "S4: credentials that expired are fetched anew and the same upload goes on",
        arguments: ["ExpiredToken", "InvalidToken", "TokenRefreshRequired"])
    func expired(name: String) async throws {
        let bench = Bench()
        bench.transport.script(.error(400, name), .ok(["ETag": "p"]))
        let number = try #require(PartNumber(1))

        _ = try await bench.store.uploadPart(
            number, of: MultipartUpload(key: ObjectKey("key"), identifier: "u"),
            body: MemorySource([1, 2]), checksum: nil)

        #expect(bench.credentials.refusals == 1)
        #expect(Set(bench.transport.lines) == ["PUT /bucket/key?partNumber=1&uploadId=u"])
        #expect(bench.transport.sent[1].headers["authorization"]?.contains("key-2/") == true)
        #expect(bench.transport.sent[1].body == [1, 2])
    }

    @Test("C7: credentials that stay refused are given up after one renewal")
    func refusedTwice() async throws {
        let bench = Bench()
        bench.transport.script(.error(400, "ExpiredToken"), .error(400, "ExpiredToken"))

        let error = await failure { try await bench.put() }

        #expect(error?.code == .credentialsRejected)
        #expect(bench.credentials.refusals == 1)
    }

    @Test("S27: a bucket in another region is followed by its name, never by Location")
    func otherRegion() async throws {
        let bench = Bench(onAWS: true)
        bench.transport.script(
            .error(
                301, "PermanentRedirect",
                ["x-amz-bucket-region": "eu-west-1", "Location": "https://evil.example/"]),
            .ok(encrypted), .ok(encrypted))

        _ = try await bench.put()
        _ = try await bench.put()

        #expect(
            bench.transport.sent.map(\.host) == [
                "bucket.s3.us-east-1.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com",
                "bucket.s3.eu-west-1.amazonaws.com",
            ])
        #expect(bench.transport.sent[1].headers["authorization"]?.contains("/eu-west-1/s3") == true)
        #expect(bench.store.region == "eu-west-1")
    }

    @Test("S28: a signature for the wrong region is made anew for the right one")
    func malformedAuthorization() async throws {
        let bench = Bench()
        let body =
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>"
        bench.transport.script(.answer(400, [:], body), .ok(encrypted))

        _ = try await bench.put()

        #expect(bench.transport.sent[1].headers["authorization"]?.contains("/eu-west-1/s3") == true)
    }

    @Test(
        "S27: no server sends us out of the partition, to a host, or in circles",
        arguments: ["cn-north-1", "us-gov-west-1", "evil.example", "x/../y", "", "us-east-1"])
    func strangeRegion(region: String) async throws {
        let bench = Bench(onAWS: true)
        bench.transport.script(
            .error(301, "PermanentRedirect", ["x-amz-bucket-region": region]))

        let error = await failure { try await bench.put() }

        #expect(error != nil)
        #expect(bench.transport.sent.map(\.host) == ["bucket.s3.us-east-1.amazonaws.com"])
    }

    @Test("a bucket without ACLs gets none from then on; encryption is still sent")
    func disabledACLs() async throws {
        let bench = Bench()
        bench.transport.script(
            .error(400, "AccessControlListNotSupported"), .ok(encrypted), .ok(encrypted))

        _ = try await bench.put()
        _ = try await bench.put()

        #expect(bench.transport.sent.map { $0.headers["x-amz-acl"] } == ["private", nil, nil])
        #expect(bench.transport.sent[1].headers["x-amz-server-side-encryption"] == "AES256")
    }

    @Test("who may not set ACLs writes without one: private is what none means")
    func aclPermission() async throws {
        let bench = Bench()
        bench.transport.script(.error(403, "AccessDenied"), .ok(encrypted), .ok(encrypted))

        _ = try await bench.put()
        _ = try await bench.put()

        #expect(bench.transport.sent.map { $0.headers["x-amz-acl"] } == ["private", nil, nil])
    }

    @Test("who may not write at all is not taken for someone who may not set ACLs")
    func writePermission() async throws {
        let bench = Bench()
        for _ in 0..<2 {
            bench.transport.script(.error(403, "AccessDenied"), .error(403, "AccessDenied"))
            #expect(await failure { try await bench.put() }?.code == .accessDenied)
        }
        #expect(
            bench.transport.sent.map { $0.headers["x-amz-acl"] } == [
                "private", nil, "private", nil,
            ])
    }

    @Test("an ACL that gives others access is not dropped in silence")
    func publicACL() async throws {
        let bench = Bench { $0.acl = .publicRead }
        bench.transport.script(.error(400, "AccessControlListNotSupported"))

        #expect(await failure { try await bench.put() }?.code == .invalidRequest)
    }
}
