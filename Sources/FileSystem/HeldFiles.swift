internal import Synchronization

/// Staged files that were not published and never will be behind the caller's back: a writer was
/// killed, or its close was told an error. They stay until the mount ends.
final class HeldFiles: Sendable {
    enum Reason: String, Sendable {
        case killedWriter
        case publicationFailed
        case conflict
    }

    private let files = Mutex<[(content: StagedContent, reason: Reason)]>([])

    func hold(_ content: StagedContent, because reason: Reason) {
        files.withLock { $0.append((content, reason)) }
    }

    var count: Int { files.withLock { $0.count } }
}
