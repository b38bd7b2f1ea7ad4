import ObjectStorage
import ObjectStoreTestSupport
import SigV4
import Synchronization
import Testing

@testable import Credentials

/// A source that gives what a test sets, and can be held up.
final class ScriptedSource: CredentialSource {
    typealias Outcome = Result<LoadedCredentials?, CredentialError>

    private struct State {
        var outcome = Outcome.success(nil)
        var loads = 0
        var isHeld = false
    }
    private let state = Mutex(State())

    var loads: Int { state.withLock { $0.loads } }

    func set(_ outcome: Outcome) { state.withLock { $0.outcome = outcome } }

    func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }

    func load() async throws(CredentialError) -> LoadedCredentials? {
        state.withLock { $0.loads += 1 }
        while state.withLock({ $0.isHeld }) { await Task.yield() }
        return try state.withLock { $0.outcome }.get()
    }
}

@Suite struct CachedCredentialsTests {
    private static let begin: Int64 = 1_800_000_000
    private let fixture: Fixture
    private let source = ScriptedSource()
    private let cached: CachedCredentials

    init() throws {
        fixture = try Fixture()
        cached = CachedCredentials(
            source, fixture.surroundings, randomness: SeededGenerator(seed: 7))
    }

    private func give(
        _ keyID: String, lasting seconds: Int64?, from origin: CredentialOrigin = .assumedRole
    ) {
        let now = fixture.wallClock.now().seconds
        source.set(
            .success(
                LoadedCredentials(
                    credentials(keyID, until: seconds.map { now + $0 }), from: origin)))
    }

    private func keyID() async throws(CredentialError) -> String {
        try await cached.credentials().accessKeyID.rawValue
    }

    /// Waits for a background fetch: the number of loads, then the new key, within a bound.
    private func settled(_ expected: String) async throws -> Bool {
        for _ in 0..<100_000 {
            if try await keyID() == expected { return true }
            await Task.yield()
        }
        return false
    }

    @Test("many callers share one fetch")
    func shared() async throws {
        give("A", lasting: 3600)
        source.hold(true)
        let callers = (0..<20).map { _ in Task { try await cached.credentials() } }
        while source.loads == 0 { await Task.yield() }
        source.hold(false)

        for caller in callers { #expect(try await caller.value.accessKeyID.rawValue == "A") }
        #expect(source.loads == 1)
    }

    @Test("long-term keys are fetched once")
    func longTerm() async throws {
        give("A", lasting: nil)
        for _ in 0..<3 {
            #expect(try await keyID() == "A")
            fixture.wallClock.advance(1_000_000)
        }
        #expect(source.loads == 1)
    }

    @Test("15 minutes before the end a fetch runs in the background, and callers do not wait")
    func advisory() async throws {
        give("A", lasting: 3600)
        #expect(try await keyID() == "A")
        fixture.wallClock.advance(3600 - 901)
        #expect(try await keyID() == "A")
        #expect(source.loads == 1)

        fixture.wallClock.advance(1)
        give("B", lasting: 3600)
        source.hold(true)
        #expect(try await keyID() == "A")
        source.hold(false)

        #expect(try await settled("B"))
        #expect(source.loads == 2)
    }

    @Test("a failed renewal of good credentials is tried again after a minute or two")
    func advisoryFailure() async throws {
        give("A", lasting: 3600)
        _ = try await keyID()
        fixture.wallClock.advance(3000)
        source.set(.failure(CredentialError(.unreachable, detail: "")))
        while source.loads < 2 {
            _ = try await keyID()
            await Task.yield()
        }
        for _ in 0..<100 { #expect(try await keyID() == "A") }
        #expect(source.loads == 2)

        fixture.wallClock.advance(121)
        give("B", lasting: 3600)
        #expect(try await settled("B"))
        #expect(source.loads == 3)
    }

    @Test("at their end credentials are fetched before use, and a failure is the caller's")
    func mandatory() async throws {
        give("A", lasting: 3600)
        _ = try await keyID()
        fixture.wallClock.advance(3600)
        source.set(.failure(CredentialError(.unreachable, detail: "")))
        await #expect(throws: CredentialError.self) { try await keyID() }

        give("B", lasting: 3600)
        #expect(try await keyID() == "B")
    }

    @Test(
        "an instance's credentials outlive their end while the service is down, with a long pause")
    func staticStability() async throws {
        give("A", lasting: 3600, from: .instance)
        _ = try await keyID()
        fixture.wallClock.advance(3601)
        source.set(.failure(CredentialError(.unreachable, detail: "")))
        for _ in 0..<5 { #expect(try await keyID() == "A") }
        #expect(source.loads == 2)

        fixture.wallClock.advance(12 * 60 - 1)
        #expect(try await keyID() == "A")
        #expect(source.loads == 2)
        fixture.wallClock.advance(8 * 60 + 1)
        give("B", lasting: 3600, from: .instance)
        #expect(try await keyID() == "B")
    }

    @Test("credentials that have ended already are an error, but no loop for an instance")
    func alreadyEnded() async throws {
        give("A", lasting: -1)
        await #expect(throws: CredentialError.self) { try await keyID() }

        give("B", lasting: -1, from: .instance)
        for _ in 0..<5 { #expect(try await keyID() == "B") }
        #expect(source.loads == 2)
    }

    @Test("short-lived credentials are not fetched at every use")
    func shortLived() async throws {
        give("A", lasting: 600)
        for _ in 0..<50 {
            _ = try await keyID()
            await Task.yield()
        }
        #expect(source.loads == 1)

        fixture.wallClock.advance(301)
        give("B", lasting: 600)
        #expect(try await settled("B"))
    }

    @Test("refused credentials are fetched anew once, however many tell")
    func invalidated() async throws {
        give("A", lasting: 3600)
        let refused = try await cached.credentials()
        give("B", lasting: 3600)
        await cached.invalidate(refused)
        await cached.invalidate(refused)

        #expect(try await keyID() == "B")
        await cached.invalidate(refused)
        #expect(try await keyID() == "B")
        #expect(source.loads == 2)
    }

    @Test("a changed file is read again within a second, without a new mount")
    func changedFile() async throws {
        let keys = "[default]\naws_access_key_id = K1\naws_secret_access_key = S\n"
        try fixture.write(keys, to: "credentials")
        let provider = fixture.lookup().provider()
        #expect(try await provider.credentials().accessKeyID.rawValue == "K1")

        try fixture.write(keys.replacing("K1", with: "K22"), to: "credentials")
        #expect(try await provider.credentials().accessKeyID.rawValue == "K1")
        fixture.wallClock.advance(1)
        #expect(try await provider.credentials().accessKeyID.rawValue == "K22")
    }

    @Test("a search without result names every place")
    func nothing() async throws {
        do throws(CredentialError) {
            _ = try await fixture.lookup().provider().credentials()
            Issue.record("found something")
        } catch {
            #expect(error.code == .notFound)
            #expect(error.detail.contains("environment") && error.detail.contains("instance"))
        }
    }
}
