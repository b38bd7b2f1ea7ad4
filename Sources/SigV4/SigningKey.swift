private import Encryption
private import ObjectStorage
private import Synchronization

/// The keys of the last days and secrets of one signer: deriving one costs four HMACs, and nearly
/// every request uses the one before.
final class SigningKeyCache: Sendable {
    private struct Entry {
        let secret: Secret
        let day: Substring
        let key: [UInt8]
    }

    /// Two days around midnight, times the old and new secret of a rotation.
    private static let capacity = 4
    private let entries = Mutex<[Entry]>([])

    /// The key for a secret on a day in a scope. Each cache serves one region and service.
    func key(secret: Secret, day: Substring, region: String, service: String) -> [UInt8] {
        let known = entries.withLock { entries in
            entries.first { $0.day == day && $0.secret == secret }?.key
        }
        if let known { return known }
        var key = Array(("AWS4" + secret.rawValue).utf8)
        for component in [day, Substring(region), Substring(service), "aws4_request"] {
            let bytes = Array(component.utf8)
            key = HMACSHA256.authenticationCode(of: bytes.span, key: key.span)
        }
        entries.withLock { entries in
            if entries.count == Self.capacity { entries.removeLast() }
            entries.insert(Entry(secret: secret, day: day, key: key), at: 0)
        }
        return key
    }
}
