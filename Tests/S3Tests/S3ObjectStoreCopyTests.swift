import HTTP
import ObjectStorage
import S3
import Testing

@Suite struct S3ObjectStoreCopyTests {
    private let done =
        "<CopyObjectResult><ETag>\"c\"</ETag>"
        + "<LastModified>2023-11-14T22:13:20.000Z</LastModified></CopyObjectResult>"

    private func copy(
        _ bench: Bench, replaces: Bool = true, condition: WriteCondition = .none
    ) async throws -> StoredObject {
        try await bench.store.copy(
            CopyRequest(
                source: ObjectKey("a b"), sourceETag: ETag("s"),
                target: NewObject(
                    key: ObjectKey("key"), userMetadata: ["m": "1"], condition: condition),
                replacesMetadata: replaces))
    }

    @Test("a copy names its source encoded, and takes the same headers as a put")
    func headers() async throws {
        let bench = Bench {
            $0.keyPrefix = ObjectKey("p/")
            $0.expectedBucketOwner = "123456789012"
            $0.requesterPays = true
        }
        bench.transport.script(.ok(encrypted, done))

        let stored = try await copy(bench)

        #expect(stored.eTag == ETag("c"))
        #expect(stored.lastModified == Timestamp(seconds: 1_700_000_000))
        let headers = try #require(bench.transport.sent.first?.headers)
        #expect(headers["x-amz-copy-source"] == "/bucket/p/a%20b")
        #expect(headers["x-amz-copy-source-if-match"] == "\"s\"")
        #expect(headers["x-amz-metadata-directive"] == "REPLACE")
        #expect(headers["x-amz-meta-m"] == "1")
        #expect(headers["x-amz-server-side-encryption"] == "AES256")
        #expect(headers["x-amz-acl"] == "private")
        #expect(headers["x-amz-expected-bucket-owner"] == "123456789012")
        #expect(headers["x-amz-source-expected-bucket-owner"] == "123456789012")
        #expect(headers["x-amz-request-payer"] == "requester")
    }

    @Test("a copy that keeps the metadata sends none")
    func keepsMetadata() async throws {
        let bench = Bench()
        bench.transport.script(.ok(encrypted, done))

        _ = try await copy(bench, replaces: false)

        let headers = try #require(bench.transport.sent.first?.headers)
        #expect(headers["x-amz-metadata-directive"] == "COPY")
        #expect(!headers.keys.contains { $0.hasPrefix("x-amz-meta-") })
    }

    @Test(
        "S12: a 200 with an error in it is no copy",
        arguments: [
            ("InternalError", ObjectStoreError.Code.serverFailure), ("AccessDenied", .accessDenied),
            ("SomethingNew", .serverFailure),
        ])
    func errorInSuccess(name: String, code: ObjectStoreError.Code) async throws {
        let bench = Bench { $0.retry.publishLimit = .milliseconds(10) }
        bench.transport.script(.ok([:], " <Error><Code>\(name)</Code></Error>"))

        let error = await failure { try await copy(bench) }

        #expect(error?.code == code)
        #expect(error?.status == 200)
    }

    @Test("an encryption that the answer does not tell is looked up; a bare copy is deleted again")
    func encryption() async throws {
        let bench = Bench()
        let head = ownHead(size: 3).merging(["ETag": "c"]) { $1 }
        bench.transport.script(.ok([:], done), .ok(head))
        #expect(try await copy(bench).encryption == .s3)

        let bare = head.filter { $0.key != "x-amz-server-side-encryption" }
        bench.transport.script(.ok([:], done), .ok(bare), .answer(204))
        #expect(await failure { try await copy(bench) }?.code == .encryptionNotConfirmed)
        #expect(bench.transport.sent.last?.line == "DELETE /bucket/key")
    }

    @Test("S9: a 412 to the second try of our own copy is success")
    func ownSuccess() async throws {
        let bench = Bench()
        bench.transport.script(
            .lost(), .error(412, "PreconditionFailed"), .ok(ownHead(size: 3)))

        let stored = try await copy(bench, condition: .ifAbsent)

        #expect(stored.eTag == ETag("e1"))
    }
}
