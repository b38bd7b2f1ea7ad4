import ObjectStorage
import ObjectStoreTestSupport
import Telemetry
import Testing

@testable import S3

@Suite struct ConformanceTests {
    @Test(
        "a bucket on a real server behaves as every store does", arguments: Server.steady,
        ConformanceCheck.all)
    func conformance(server: Server, check: ConformanceCheck) async throws {
        let seed = UInt64.random(in: .min ... .max)
        let store = try await server.makeStore()
        do {
            try await check.run(on: store, deviations: server.deviations, seed: seed)
        } catch {
            Issue.record("\(server): \(check): \(error), seed \(seed)")
        }
    }

    @Test("a mount of a prefix behaves so too", arguments: [Server.miniStack])
    func prefixes(server: Server) async throws {
        let store = try await server.makeStore { $0.keyPrefix = ObjectKey("team/a+b/") }
        for check in ConformanceCheck.all {
            guard !check.description.contains("1,024") else { continue }
            do {
                try await check.run(on: store, deviations: server.deviations, seed: 1)
            } catch {
                Issue.record("\(check): \(error)")
            }
        }
    }

    @Test("over connections that break, a bucket behaves no worse")
    func flaky() async throws {
        let server = Server.flakyMiniStack
        let store = try await server.makeStore()
        for check in ConformanceCheck.all {
            // The answer to CreateMultipartUpload can be lost, which leaves one that nobody knows.
            guard !check.description.contains("uploads under way") else { continue }
            do {
                try await check.run(on: store, deviations: server.deviations, seed: 2)
            } catch {
                Issue.record("\(check): \(error)")
            }
        }
        #expect(store.client.counters[.storeRetries] > 0, "nothing broke: nothing was tested")
    }
}
