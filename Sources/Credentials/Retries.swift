/// Tries a question again while its answerer is unreachable.
struct Retries: Sendable {
    /// All tries together, 1 or more.
    let attempts: Int
    let clock: any Clock<Duration>
    /// Before the second try; doubles each time.
    var pause = Duration.milliseconds(200)

    /// - Throws: the last try's error; other codes than `unreachable` at once.
    func run<Answer>(
        _ ask: () async throws(CredentialError) -> Answer
    ) async throws(CredentialError) -> Answer {
        var pause = pause
        for _ in 1..<max(attempts, 1) {
            do throws(CredentialError) {
                return try await ask()
            } catch {
                guard error.code == .unreachable else { throw error }
            }
            do {
                try await clock.sleep(for: pause)
            } catch {
                throw CredentialError(.unreachable, detail: "cancelled")
            }
            pause *= 2
        }
        return try await ask()
    }
}
