import ObjectStorage
import Synchronization

/// What this process knows of the multipart uploads that it began. An upload of an earlier process
/// is not here, and is completed with less to compare.
final class UploadNotes: Sendable {
    struct Note: Sendable {
        let putID: String
        let algorithm: ChecksumAlgorithm
        /// Whether the store keeps one checksum over all bytes, not one of the parts' checksums.
        let hasFullObjectChecksum: Bool
    }

    /// More than the files that one mount uploads at once; the oldest are forgotten first.
    private static let limit = 4_096

    private struct State {
        var notes: [String: Note] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())

    func add(_ note: Note, for upload: MultipartUpload) {
        state.withLock { state in
            if state.notes.updateValue(note, forKey: upload.identifier) == nil {
                state.order.append(upload.identifier)
            }
            if state.order.count > Self.limit {
                state.notes[state.order.removeFirst()] = nil
            }
        }
    }

    func note(for upload: MultipartUpload) -> Note? {
        state.withLock { $0.notes[upload.identifier] }
    }

    func remove(_ upload: MultipartUpload) {
        state.withLock { state in
            guard state.notes.removeValue(forKey: upload.identifier) != nil else { return }
            state.order.removeAll { $0 == upload.identifier }
        }
    }
}
