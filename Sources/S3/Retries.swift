import ObjectStorage

/// One request's way through its tries.
struct Retries: Sendable {
    private let policy: RetryPolicy
    private let purpose: RetryPolicy.Purpose
    private let budget: RetryBudget
    private let clock: any Clock<Duration>
    private let random: @Sendable () -> Double
    private var stopwatch: Stopwatch
    /// Tries without progress that failed.
    private(set) var failures = 0
    /// All tries that failed.
    private(set) var totalFailures = 0
    private var onceUsed: Set<ObjectStoreError.Code> = []

    init(
        _ policy: RetryPolicy, for purpose: RetryPolicy.Purpose, budget: RetryBudget,
        clock: any Clock<Duration>, random: @escaping @Sendable () -> Double
    ) {
        self.policy = policy
        self.purpose = purpose
        self.budget = budget
        self.clock = clock
        self.random = random
        stopwatch = Stopwatch(clock)
    }

    /// A try failed, but bytes had come: the count and the time start anew.
    mutating func noteProgress() {
        failures = 0
        stopwatch = Stopwatch(clock)
    }

    /// Waits until the next try is due.
    /// - Parameter also: codes that count as transient here.
    /// - Throws: `error` when there is to be none; `cancelled`.
    mutating func wait(
        after error: ObjectStoreError, also: Set<ObjectStoreError.Code> = []
    ) async throws(ObjectStoreError) {
        failures += 1
        totalFailures += 1
        let kind = kind(of: error.code, also: also)
        switch kind {
        case .never: throw error
        case .once: guard onceUsed.insert(error.code).inserted else { throw error }
        case .transient, .throttled: break
        }
        let limit = purpose == .read ? policy.readLimit : policy.publishLimit
        if purpose == .read, failures >= policy.readTries { throw error }
        var wait = policy.wait(before: failures, for: kind, fraction: random())
        if !budget.take(for: kind) {
            // Readers give up; data that is to be published waits its full turn instead.
            guard purpose == .publish else { throw error }
            wait = policy.longestWait
        }
        guard stopwatch.elapsed + wait <= limit else { throw error }
        do {
            try await clock.sleep(for: wait)
        } catch {
            throw ObjectStoreError(.cancelled, operation: "retry")
        }
    }

    private func kind(
        of code: ObjectStoreError.Code, also: Set<ObjectStoreError.Code>
    ) -> RetryKind {
        if also.contains(code) { return .transient }
        // A metadata service that is down for a minute must not lose written data.
        if code == .credentialsUnavailable, purpose == .publish { return .transient }
        return code.retryKind
    }
}
