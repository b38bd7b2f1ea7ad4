import Checksums
import HTTP
import ObjectStorage
import ObjectStoreTestSupport
import S3
import Telemetry
import Testing

@Suite struct S3ObjectStorePutTests {
    private let sum = Checksum(of: ([1, 2, 3] as [UInt8]).span, algorithm: .crc64NVME)

    @Test("a put carries encryption, ACL, checksum and a put-id, and no hash of the body over TLS")
    func headers() async throws {
        let bench = Bench()
        bench.transport.script(.ok(encrypted))

        let stored = try await bench.put(condition: .ifAbsent)

        #expect(stored.eTag == ETag("e1"))
        #expect(stored.encryption == .s3)
        let sent = try #require(bench.transport.sent.first)
        #expect(sent.line == "PUT /bucket/key")
        #expect(sent.headers["x-amz-server-side-encryption"] == "AES256")
        #expect(sent.headers["x-amz-acl"] == "private")
        #expect(sent.headers["x-amz-checksum-crc64nvme"] == sum.headerValue)
        #expect(sent.headers["x-amz-meta-wardfs-put-id"] == Bench.putID)
        #expect(sent.headers["if-none-match"] == "*")
        #expect(sent.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD")
        #expect(sent.headers["authorization"]?.contains("key-1/20231114/us-east-1/s3") == true)
        #expect(sent.body == [1, 2, 3])
    }

    @Test("S1: server failures are waited out with growing waits, then the put succeeds")
    func transientFailures() async throws {
        let bench = Bench()
        bench.transport.script(
            .error(500, "InternalError"), .error(503, "ServiceUnavailable"), .ok(encrypted))

        _ = try await bench.put()

        #expect(bench.clock.sleeps == [.milliseconds(50), .milliseconds(100)])
        #expect(bench.transport.lines.count == 3)
        #expect(bench.counters[.storeRetries] == 2)
    }

    @Test("S1: a store that fails for ten minutes is given up, within the time")
    func exhaustion() async throws {
        let bench = Bench()
        for _ in 0..<200 { bench.transport.script(.error(500, "InternalError")) }

        let error = await failure { try await bench.put() }

        #expect(error?.code == .serverFailure)
        #expect(error?.requestID == "REQ1")
        let waited = bench.clock.sleeps.reduce(.zero, +)
        #expect(waited > .seconds(400) && waited <= .seconds(660))
    }

    @Test("S9: a 412 to the second try of our own success is success")
    func ownSuccess() async throws {
        let bench = Bench()
        bench.transport.script(
            .lost(), .error(412, "PreconditionFailed"), .ok(ownHead(size: 3)))

        let stored = try await bench.put(condition: .ifAbsent)

        #expect(stored.eTag == ETag("e1"))
        #expect(
            bench.transport.lines == ["PUT /bucket/key", "PUT /bucket/key", "HEAD /bucket/key"])
    }

    @Test("S8: a 412 is a conflict when the object there is another's")
    func othersObject() async throws {
        let bench = Bench()
        bench.transport.script(
            .lost(), .error(412, "PreconditionFailed"), .ok(ownHead(size: 3, putID: "other")))

        let error = await failure { try await bench.put(condition: .ifAbsent) }

        #expect(error?.code == .preconditionFailed)
    }

    @Test("S8: a 412 to the first try needs no HEAD")
    func plainConflict() async throws {
        let bench = Bench()
        bench.transport.script(.error(412, "PreconditionFailed"))

        let error = await failure { try await bench.put(condition: .ifMatch(ETag("x"))) }

        #expect(error?.code == .preconditionFailed)
        #expect(bench.transport.lines == ["PUT /bucket/key"])
        #expect(bench.transport.sent.first?.headers["if-match"] == "\"x\"")
    }

    @Test("an object to replace that is not there is an unmet condition, not absence")
    func missingForReplacement() async throws {
        let bench = Bench()
        bench.transport.script(.error(404, "NoSuchKey"))

        let error = await failure { try await bench.put(condition: .ifMatch(ETag("x"))) }

        #expect(error?.code == .preconditionFailed)
    }

    @Test("S10: a concurrent conditional request is waited out")
    func conflict() async throws {
        let bench = Bench()
        bench.transport.script(.error(409, "ConditionalRequestConflict"), .ok(encrypted))

        _ = try await bench.put(condition: .ifAbsent)

        #expect(bench.transport.lines.count == 2)
    }

    @Test("when every answer is lost, HEAD has the last word")
    func allAnswersLost() async throws {
        let bench = Bench { $0.retry.publishLimit = .milliseconds(60) }
        bench.transport.script(.lost(), .lost(), .ok(ownHead(size: 3)))

        _ = try await bench.put()

        #expect(
            bench.transport.lines == ["PUT /bucket/key", "PUT /bucket/key", "HEAD /bucket/key"])
    }

    @Test("S25: an object that was stored unencrypted is deleted again, that version only")
    func unencrypted() async throws {
        let bench = Bench()
        bench.transport.script(
            .ok(["ETag": "\"e1\"", "x-amz-version-id": "v 7"]), .answer(204))

        let error = await failure { try await bench.put() }

        #expect(error?.code == .encryptionNotConfirmed)
        #expect(bench.transport.lines.last == "DELETE /bucket/key?versionId=v%207")
    }

    @Test("S25: without versions the delete names the ETag, so that no other object goes")
    func unencryptedUnversioned() async throws {
        let bench = Bench()
        bench.transport.script(.ok(["ETag": "\"e1\""]), .answer(204))

        let error = await failure { try await bench.put() }

        #expect(error?.code == .encryptionNotConfirmed)
        #expect(bench.transport.sent.last?.headers["if-match"] == "\"e1\"")
    }

    @Test("S25: another KMS key than asked for is not confirmed")
    func otherKey() async throws {
        let bench = Bench { $0.encryption = .kms(keyID: "1234", bucketKey: true) }
        let name = "x-amz-server-side-encryption"
        bench.transport.script(
            .ok(["ETag": "e", name: "aws:kms", name + "-aws-kms-key-id": "arn:aws:kms:x:key/9"]),
            .answer(204))

        let error = await failure { try await bench.put() }

        #expect(error?.code == .encryptionNotConfirmed)
        let sent = try #require(bench.transport.sent.first)
        #expect(sent.headers[name + "-aws-kms-key-id"] == "1234")
        #expect(sent.headers[name + "-bucket-key-enabled"] == "true")
    }

    @Test("S18: a confirmed checksum that differs is sent again once, over that object only")
    func wrongEcho() async throws {
        let bench = Bench()
        let wrong = encrypted.merging(["x-amz-checksum-crc64nvme": "AAAAAAAAAAA="]) { $1 }
        let right = encrypted.merging(["x-amz-checksum-crc64nvme": sum.headerValue]) { $1 }
        bench.transport.script(.ok(wrong), .ok(right))

        let stored = try await bench.put(condition: .ifAbsent)

        #expect(stored.checksum == sum)
        #expect(bench.transport.sent.last?.headers["if-match"] == "\"e1\"")
        #expect(bench.transport.sent.last?.headers["if-none-match"] == nil)
    }

    @Test("S18: a checksum that differs twice is an error")
    func wrongEchoTwice() async throws {
        let bench = Bench()
        let wrong = encrypted.merging(["x-amz-checksum-crc64nvme": "AAAAAAAAAAA="]) { $1 }
        bench.transport.script(.ok(wrong), .ok(wrong), .ok(ownHead(size: 3)))

        let error = await failure { try await bench.put() }

        #expect(error?.code == .checksumMismatch)
    }

    @Test("a store that does not know CRC-64/NVME gets CRC-32C from then on")
    func fallbackChecksum() async throws {
        let bench = Bench()
        bench.transport.script(
            .error(400, "InvalidArgument"), .ok(encrypted), .ok(encrypted))

        _ = try await bench.put(checksum: sum)
        _ = try await bench.put(checksum: sum)

        let narrow = Checksum(of: ([1, 2, 3] as [UInt8]).span, algorithm: .crc32C)
        for sent in bench.transport.sent.dropFirst() {
            #expect(sent.headers["x-amz-checksum-crc32c"] == narrow.headerValue)
            #expect(sent.headers["x-amz-checksum-crc64nvme"] == nil)
        }
    }

    @Test("over plain http the body's SHA-256 is signed")
    func signedBody() async throws {
        let bench = Bench { $0.endpoint?.scheme = .http }
        bench.transport.script(.ok(encrypted))

        _ = try await bench.put(Array("abc".utf8))

        #expect(
            bench.transport.sent.first?.headers["x-amz-content-sha256"]
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(
        "metadata that cannot stand in a header is refused before anything is sent",
        arguments: [
            ["a": "line\nbreak"], ["a": "caf\u{E9}"], ["a": " space"], ["A": "x"], ["": "x"],
            ["a": String(repeating: "x", count: 2_048)], ["wardfs-put-id": "x"],
        ])
    func badMetadata(metadata: [String: String]) async throws {
        let bench = Bench()

        let error = await failure {
            try await bench.store.put(
                NewObject(key: ObjectKey("key"), userMetadata: metadata),
                body: MemorySource([]), checksum: nil)
        }

        #expect(error?.code == .invalidRequest)
        #expect(bench.transport.sent.isEmpty)
    }

    @Test("neither the key nor the store's message gets into an error")
    func redaction() async throws {
        let bench = Bench()
        bench.transport.script(.error(403, "AccessDenied"), .error(403, "AccessDenied"))

        let error = await failure { try await bench.put() }

        let text = String(describing: error)
        #expect(text.contains("AccessDenied") && text.contains("REQ1"))
        #expect(!text.contains("SECRET") && !text.contains("bucket"))
    }
}
