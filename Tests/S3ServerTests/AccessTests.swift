import HTTP
import ObjectStorage
import ObjectStoreTestSupport
import S3
import Testing

@Suite struct AccessTests {
    private func configuration(_ server: Server) throws -> S3Configuration {
        var configuration = try server.configuration()
        configuration.bucket = Server.bucket
        return configuration
    }

    private func failure(_ call: () async throws -> Void) async -> ObjectStoreError.Code? {
        do {
            try await call()
            return nil
        } catch {
            return (error as? ObjectStoreError)?.code
        }
    }

    @Test("a bucket that does not exist is named so", arguments: Server.steady)
    func missingBucket(server: Server) async throws {
        var configuration = try configuration(server)
        configuration.bucket = "no-such-bucket-here"
        let store = try server.store(configuration)

        #expect(await failure { try await store.verifyAccess() } == .noSuchBucket)
        #expect(
            await failure {
                _ = try await store.get(
                    ObjectKey("a"), range: nil, ifMatch: nil,
                    into: CollectingSink())
            } == .noSuchBucket)
    }

    @Test("a wrong secret is told from a missing permission", arguments: Server.steady)
    func wrongSecret(server: Server) async throws {
        _ = try await server.makeStore()
        let store = try server.store(configuration(server), secret: "wrong")

        #expect(await failure { try await store.verifyAccess() } == .credentialsRejected)
    }

    @Test("who may only read may read and not write", arguments: Server.steady)
    func reader(server: Server) async throws {
        let writer = try await server.makeStore()
        let reader = try server.store(configuration(server), user: "READER_")
        let object = NewObject(key: ObjectKey("access/object"))
        _ = try await writer.put(object, body: MemorySource([1, 2]), checksum: nil)
        let sink = CollectingSink()

        _ = try await reader.get(object.key, range: nil, ifMatch: nil, into: sink)
        let refusal = await failure {
            _ = try await reader.put(object, body: MemorySource([3]), checksum: nil)
        }

        #expect(sink.bytes == [1, 2])
        #expect(refusal == .accessDenied)
    }

    @Test("a clock that is ten hours off does not matter", arguments: Server.steady)
    func skewedClock(server: Server) async throws {
        _ = try await server.makeStore()
        let store = try server.store(configuration(server), wallClock: SkewedClock())
        let key = ObjectKey("access/skew-\(server.rawValue)")

        _ = try await store.put(NewObject(key: key), body: MemorySource([1]), checksum: nil)

        #expect(try await store.head(key).size == 1)
    }

    @Test("S37: these servers heed conditions of writes", arguments: Server.steady)
    func conditions(server: Server) async throws {
        #expect(try await server.makeStore().heedsConditions())
    }

    @Test("the bucket in the host's name is the same bucket")
    func virtualHost() async throws {
        let path = try await Server.seaweedFS.makeStore()
        let object = NewObject(key: ObjectKey("access/a b+c"))
        _ = try await path.put(object, body: MemorySource([7]), checksum: nil)
        var configuration = try configuration(.seaweedFS)
        configuration.endpoint?.host = "localhost"
        configuration.addressing = .virtualHost
        let store = try Server.seaweedFS.store(configuration)

        #expect(try await store.head(object.key).size == 1)
        _ = try await store.put(object, body: MemorySource([8, 9]), checksum: nil)
        #expect(try await path.head(object.key).size == 2)
    }

    @Test("a certificate of an authority that is not trusted is refused at once")
    func untrusted() async throws {
        let store = try Server.seaweedFSOverTLS.store(
            configuration(.seaweedFSOverTLS), trustsAuthority: false)

        #expect(await failure { try await store.verifyAccess() } == .untrustedServer)
    }
}

/// Ten hours behind.
private struct SkewedClock: WallClock {
    func now() -> Timestamp {
        Timestamp(seconds: SystemWallClock().now().seconds - 36_000)
    }
}
