import Checksums
import HTTP
import ObjectStorage
import ObjectStoreTestSupport
import S3
import Testing

@Suite struct S3ObjectStoreMultipartTests {
    private let object = NewObject(key: ObjectKey("key"))
    private let upload = MultipartUpload(key: ObjectKey("key"), identifier: "u/1")
    private let begun =
        "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>"
    private let completed =
        "\n  \n <?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>&quot;m-1&quot;</ETag>"
        + "</CompleteMultipartUploadResult>"

    private func part(_ value: Int, eTag: String = "p") throws -> Part {
        Part(
            number: try #require(PartNumber(value)), eTag: ETag(eTag), size: 3, checksum: nil)
    }

    private func complete(
        _ bench: Bench, _ upload: MultipartUpload? = nil, condition: WriteCondition = .none,
        checksum: Checksum? = nil
    ) async throws -> StoredObject {
        var object = object
        object.condition = condition
        return try await bench.store.completeMultipartUpload(
            upload ?? self.upload, as: object, parts: [try part(1)], size: 3, checksum: checksum)
    }

    /// Begins an upload, so that its put-id is known.
    private func begin(_ bench: Bench, _ more: [String: String] = [:]) async throws {
        bench.transport.script(.ok(encrypted.merging(more) { $1 }, begun))
        _ = try await bench.store.createMultipartUpload(object)
    }

    @Test("an upload begins with encryption, ACL, put-id and a full-object checksum")
    func begins() async throws {
        let bench = Bench {
            $0.storageClass = "STANDARD_IA"; $0.tagging = "a=b"
        }

        try await begin(bench)

        let sent = try #require(bench.transport.sent.first)
        #expect(sent.line == "POST /bucket/key?uploads")
        #expect(sent.headers["x-amz-server-side-encryption"] == "AES256")
        #expect(sent.headers["x-amz-acl"] == "private")
        #expect(sent.headers["x-amz-storage-class"] == "STANDARD_IA")
        #expect(sent.headers["x-amz-tagging"] == "a=b")
        #expect(sent.headers["x-amz-checksum-algorithm"] == "CRC64NVME")
        #expect(sent.headers["x-amz-checksum-type"] == "FULL_OBJECT")
        #expect(sent.headers["x-amz-meta-wardfs-put-id"] == Bench.putID)
    }

    @Test("S24: an upload whose encryption nothing confirms is thrown away before any content")
    func unconfirmed() async throws {
        let bench = Bench()
        bench.transport.script(.ok([:], begun), .ok(["ETag": "z"]), .answer(204))

        let error = await failure { try await bench.store.createMultipartUpload(object) }

        #expect(error?.code == .encryptionNotConfirmed)
        #expect(
            bench.transport.lines == [
                "POST /bucket/key?uploads", "PUT /bucket/key?partNumber=10000&uploadId=u%2F1",
                "DELETE /bucket/key?uploadId=u%2F1",
            ])
        #expect(bench.transport.sent[1].body == [0])
    }

    @Test("S24: an upload that says another encryption is thrown away at once")
    func otherEncryption() async throws {
        let bench = Bench { $0.encryption = .kms(keyID: nil, bucketKey: false) }
        bench.transport.script(.ok(encrypted, begun), .answer(204))

        let error = await failure { try await bench.store.createMultipartUpload(object) }

        #expect(error?.code == .encryptionNotConfirmed)
        #expect(bench.transport.lines.last == "DELETE /bucket/key?uploadId=u%2F1")
    }

    @Test("a store that tells the encryption with the parts is asked with a part of one zero byte")
    func probed() async throws {
        let bench = Bench()
        bench.transport.script(.ok([:], begun), .ok(encrypted))

        let begun = try await bench.store.createMultipartUpload(object)

        #expect(begun == upload)
        #expect(bench.transport.sent.last?.body == [0])
    }

    @Test("S19: a part answer without an ETag is asked for once more")
    func partWithoutETag() async throws {
        let bench = Bench()
        bench.transport.script(.ok(), .ok(["ETag": "\"p1\""]))
        let number = try #require(PartNumber(1))

        let part = try await bench.store.uploadPart(
            number, of: upload, body: MemorySource([1, 2, 3]), checksum: nil)

        #expect(part.eTag == ETag("p1"))
        #expect(bench.transport.sent.map(\.body) == [[1, 2, 3], [1, 2, 3]])
    }

    @Test("S18: a part whose confirmed checksum differs is sent once more, then fails")
    func partChecksum() async throws {
        let bench = Bench()
        let wrong = Reply.ok(["ETag": "p", "x-amz-checksum-crc64nvme": "AAAAAAAAAAA="])
        bench.transport.script(wrong, wrong, wrong)
        let number = try #require(PartNumber(1))

        let error = await failure {
            try await bench.store.uploadPart(
                number, of: upload, body: MemorySource([1, 2, 3]), checksum: nil)
        }

        #expect(error?.code == .checksumMismatch)
        #expect(bench.transport.left == 1)
    }

    @Test("a completion that misses a part says so, and is not tried again as it is")
    func invalidPart() async throws {
        let number = try #require(PartNumber(1))
        let bench = Bench()
        bench.transport.script(.error(400, "InvalidPart"))
        let part = Part(number: number, eTag: ETag("e"), size: 3, checksum: nil)
        let error = await failure {
            try await bench.store.completeMultipartUpload(
                upload, as: NewObject(key: upload.key), parts: [part], size: 3, checksum: nil)
        }
        #expect(error?.code == .invalidPart)
        #expect(bench.transport.lines.count == 1)
    }

    @Test("S5 S7: a part that is refused or has no upload any more fails at once")
    func partRefused() async throws {
        let number = try #require(PartNumber(1))
        for (reply, code) in [
            (Reply.error(403, "AccessDenied"), ObjectStoreError.Code.accessDenied),
            (Reply.error(404, "NoSuchUpload"), .noSuchUpload),
        ] {
            let bench = Bench()
            bench.transport.script(reply)
            let error = await failure {
                try await bench.store.uploadPart(
                    number, of: upload, body: MemorySource([1]), checksum: nil)
            }
            #expect(error?.code == code)
            #expect(bench.transport.lines.count == 1)
        }
    }

    @Test("S13: completion waits ten minutes, reads past white space, and sends size and parts")
    func completes() async throws {
        let bench = Bench()
        try await begin(bench)
        bench.transport.script(.ok(encrypted, completed))

        let stored = try await complete(bench, condition: .ifAbsent)

        #expect(stored.eTag == ETag("m-1"))
        let sent = try #require(bench.transport.sent.last)
        #expect(sent.line == "POST /bucket/key?uploadId=u%2F1")
        #expect(sent.headers["if-none-match"] == "*")
        #expect(sent.headers["x-amz-mp-object-size"] == "3")
        #expect(sent.timeouts.firstByte == .seconds(600) && sent.timeouts.total == .seconds(600))
        #expect(
            sent.bodyText.contains(
                "<Part><PartNumber>1</PartNumber><ETag>\"p\"</ETag></Part>"))
    }

    @Test("S11: a 200 with an error in it is no success; the completion is tried again")
    func errorInSuccess() async throws {
        let bench = Bench()
        try await begin(bench)
        bench.transport.script(
            .ok([:], "  <Error><Code>InternalError</Code></Error>"), .ok(encrypted, completed))

        #expect(try await complete(bench).eTag == ETag("m-1"))
    }

    @Test("S14: after a lost answer HEAD decides: our put-id and size are success")
    func lostAnswer() async throws {
        let bench = Bench()
        try await begin(bench)
        bench.transport.script(
            .lost(), .error(404, "NoSuchUpload"), .ok(ownHead(size: 3)))

        #expect(try await complete(bench).eTag == ETag("e1"))
    }

    @Test("S7: without our object there, an upload that is gone is gone")
    func goneUpload() async throws {
        for head in [Reply.answer(404), .ok(ownHead(size: 4)), .ok(ownHead(size: 3, putID: "x"))] {
            let bench = Bench()
            try await begin(bench)
            bench.transport.script(.error(404, "NoSuchUpload"), head)
            #expect(await failure { try await complete(bench) }?.code == .noSuchUpload)
        }
    }

    @Test("S14: while HEAD cannot answer, the outcome is unknown and says so")
    func unknownOutcome() async throws {
        let bench = Bench { $0.retry.publishLimit = .milliseconds(200) }
        try await begin(bench)
        bench.transport.script(.lost(), .error(404, "NoSuchUpload"))
        for _ in 0..<20 { bench.transport.script(.lost()) }

        #expect(await failure { try await complete(bench) }?.code == .networkFailure)
    }

    @Test("S8 S10: an unmet condition and a conflict are passed on at completion")
    func conditions() async throws {
        for (status, name, code) in [
            (412, "PreconditionFailed", ObjectStoreError.Code.preconditionFailed),
            (409, "ConditionalRequestConflict", .conflict),
        ] {
            let bench = Bench()
            try await begin(bench)
            bench.transport.script(.error(status, name))
            let error = await failure { try await complete(bench, condition: .ifAbsent) }
            #expect(error?.code == code)
        }
    }

    @Test("an upload of an earlier process is settled by size and checksum")
    func earlierProcess() async throws {
        let bench = Bench()
        let sum = Checksum(algorithm: .crc64NVME, value: 7)
        let right = ownHead(size: 3, putID: "unknown").merging([
            "x-amz-checksum-crc64nvme": sum.headerValue
        ]) { $1 }
        bench.transport.script(.error(404, "NoSuchUpload"), .ok(right))
        #expect(try await complete(bench, checksum: sum).eTag == ETag("e1"))

        let other = Checksum(algorithm: .crc64NVME, value: 8)
        bench.transport.script(.error(404, "NoSuchUpload"), .ok(right))
        let error = await failure { try await complete(bench, checksum: other) }
        #expect(error?.code == .noSuchUpload)
    }

    @Test("a whole object's checksum that the store computes otherwise is an error")
    func wholeChecksum() async throws {
        let bench = Bench()
        try await begin(bench, ["x-amz-checksum-type": "FULL_OBJECT"])
        let sum = Checksum(algorithm: .crc64NVME, value: 7)
        let body =
            "<CompleteMultipartUploadResult><ETag>m</ETag>"
            + "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>"
            + "<ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>"
        bench.transport.script(
            .ok(encrypted, body), .error(404, "NoSuchUpload"), .ok(ownHead(size: 3)))

        let error = await failure { try await complete(bench, checksum: sum) }

        #expect(error?.code == .noSuchUpload)
        #expect(
            bench.transport.sent[1].headers["x-amz-checksum-crc64nvme"] == sum.headerValue)
    }

    @Test("where completion does not tell the encryption, HEAD does, and the size must fit")
    func encryptionByHead() async throws {
        let bench = Bench()
        try await begin(bench)
        let head = ownHead(size: 3).merging(["ETag": "\"m-1\""]) { $1 }
        bench.transport.script(.ok([:], completed), .ok(head))
        #expect(try await complete(bench).encryption == .s3)

        try await begin(bench)
        let bare = head.filter { $0.key != "x-amz-server-side-encryption" }
        bench.transport.script(.ok([:], completed), .ok(bare), .answer(204))
        #expect(await failure { try await complete(bench) }?.code == .encryptionNotConfirmed)
        #expect(bench.transport.sent.last?.method == "DELETE")
    }

    @Test("parts are listed over all pages, and the probing part is not among them")
    func listsParts() async throws {
        let bench = Bench()
        func page(_ numbers: [(Int, Int)], next: Int?) -> Reply {
            var text = "<ListPartsResult>"
            for (number, size) in numbers {
                text += "<Part><PartNumber>\(number)</PartNumber><ETag>e\(number)</ETag>"
                text += "<Size>\(size)</Size></Part>"
            }
            if let next {
                text += "<IsTruncated>true</IsTruncated>"
                text += "<NextPartNumberMarker>\(next)</NextPartNumberMarker>"
            }
            return .ok([:], text + "</ListPartsResult>")
        }
        bench.transport.script(page([(1, 5), (3, 6)], next: 3), page([(10_000, 1)], next: nil))
        let parts = try await bench.store.listParts(upload)
        #expect(parts.map(\.number.rawValue) == [1, 3])
        #expect(bench.transport.lines.last?.contains("part-number-marker=3") == true)

        let loop = page([(1, 5)], next: 1)
        bench.transport.script(loop, loop, loop)
        #expect(
            await failure { try await bench.store.listParts(upload) }?.code == .malformedResponse)
    }

    @Test("throwing away an upload that is gone succeeds")
    func abortsTwice() async throws {
        let bench = Bench()
        bench.transport.script(.error(404, "NoSuchUpload"))

        try await bench.store.abortMultipartUpload(upload)

        #expect(bench.transport.lines == ["DELETE /bucket/key?uploadId=u%2F1"])
    }
}
