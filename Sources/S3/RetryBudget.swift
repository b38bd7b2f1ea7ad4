import Synchronization

/// Tokens that all requests of a store share, so that retries cannot multiply an outage.
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior": a bucket of 500.
final class RetryBudget: Sendable {
    private static let capacity = 500
    private static let transientCost = 14
    private static let throttledCost = 5
    private static let reward = 1

    private let tokens = Mutex(capacity)

    /// Takes the price of one retry.
    /// - Returns: false when there are too few tokens; nothing is taken then.
    func take(for kind: RetryKind) -> Bool {
        let cost = kind == .throttled ? Self.throttledCost : Self.transientCost
        return tokens.withLock { tokens in
            guard tokens >= cost else { return false }
            tokens -= cost
            return true
        }
    }

    /// A request succeeded.
    func reward() {
        tokens.withLock { $0 = min($0 + Self.reward, Self.capacity) }
    }
}
