import HTTP
import ObjectStorage
import ObjectStoreTestSupport
import Testing

@testable import S3

@Suite struct EncryptionTests {
    private static let keyID = "12345678-1234-1234-1234-123456789012"

    @Test(
        "objects, copies and uploads are encrypted with the KMS key that was named",
        arguments: [Server.miniStack, .seaweedFSOverTLS])
    func kms(server: Server) async throws {
        let store = try await server.makeStore {
            $0.encryption = .kms(keyID: Self.keyID, bucketKey: true)
        }
        let one = NewObject(key: ObjectKey("kms/one"))
        let stored = try await store.put(one, body: MemorySource([1, 2, 3]), checksum: nil)
        let wanted = ServerSideEncryption.kms(keyID: Self.keyID, bucketKey: true)
        #expect(stored.encryption.satisfies(wanted))
        #expect(try await store.head(one.key).encryption?.satisfies(wanted) == true)

        let copy = try await store.copy(
            CopyRequest(
                source: one.key, sourceETag: nil, target: NewObject(key: ObjectKey("kms/two")),
                replacesMetadata: false))
        #expect(copy.encryption.satisfies(wanted))

        let three = NewObject(key: ObjectKey("kms/three"))
        let upload = try await store.createMultipartUpload(three)
        let number = try #require(PartNumber(1))
        let part = try await store.uploadPart(
            number, of: upload, body: MemorySource([4, 5]), checksum: nil)
        let completed = try await store.completeMultipartUpload(
            upload, as: three, parts: [part], size: 2, checksum: nil)
        #expect(completed.encryption.satisfies(wanted))
    }

    @Test("S25: a server that takes an encryption and does not do it leaves no object behind")
    func ignored() async throws {
        let plain = try await Server.seaweedFS.makeStore()
        // SeaweedFS accepts this kind in a put and stores the object as it is.
        let store = try await Server.seaweedFS.makeStore {
            $0.encryption = .dualLayerKMS(keyID: nil)
        }
        let key = ObjectKey("dsse/object")

        let error = await #expect(throws: ObjectStoreError.self) {
            try await store.put(NewObject(key: key), body: MemorySource([1]), checksum: nil)
        }

        #expect(error?.code == .encryptionNotConfirmed)
        let after = await #expect(throws: ObjectStoreError.self) { try await plain.head(key) }
        #expect(after?.code == .noSuchKey)
    }

    @Test("S24: no upload begins on a server that does not encrypt as asked")
    func ignoredUpload() async throws {
        let store = try await Server.seaweedFS.makeStore {
            $0.encryption = .dualLayerKMS(keyID: nil)
        }

        let error = await #expect(throws: ObjectStoreError.self) {
            try await store.createMultipartUpload(NewObject(key: ObjectKey("dsse/upload")))
        }

        #expect(error?.code == .encryptionNotConfirmed)
        let left = try await store.listMultipartUploads(prefix: ObjectKey("dsse/"), limit: 10)
        #expect(left.isEmpty)
    }

    @Test("with the encryption `none`, a server's own choice is taken")
    func none() async throws {
        let store = try await Server.miniStack.makeStore { $0.encryption = .none }
        let object = NewObject(key: ObjectKey("plain/object"))

        let stored = try await store.put(object, body: MemorySource([1]), checksum: nil)

        #expect(stored.encryption == .none)
    }

    @Test("a bucket whose policy denies unencrypted writes takes ours, and only encrypted ones")
    func policy() async throws {
        let server = Server.miniStack
        var configuration = try server.configuration()
        configuration.bucket = "wardfs-s3-policy-tests"
        let store = try server.store(configuration)
        _ = try? await store.client.send(S3Request("CreateBucket", .put, key: nil))
        let policy =
            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\","
            + "\"Principal\":\"*\",\"Action\":\"s3:PutObject\","
            + "\"Resource\":\"arn:aws:s3:::wardfs-s3-policy-tests/*\",\"Condition\":"
            + "{\"StringNotEquals\":{\"s3:x-amz-server-side-encryption\":\"AES256\"}}}]}"
        _ = try await store.client.send(
            S3Request(
                "PutBucketPolicy", .put, key: nil, query: [("policy", nil)],
                body: MemorySource(Array(policy.utf8))))
        let object = NewObject(key: ObjectKey("object"))

        let stored = try await store.put(object, body: MemorySource([1]), checksum: nil)
        let upload = try await store.createMultipartUpload(object)
        try await store.abortMultipartUpload(upload)
        configuration.encryption = .none
        let plain = try server.store(configuration)
        let error = await #expect(throws: ObjectStoreError.self) {
            try await plain.put(object, body: MemorySource([1]), checksum: nil)
        }

        #expect(stored.encryption == .s3)
        #expect(error?.code == .accessDenied)
    }
}
