import LocalDisk
import ObjectStorage

extension ObjectStoreError {
    /// What a caller of the store is told about a failed disk call.
    init(_ error: DiskError, operation: String) {
        let code: Code =
            switch error.code {
            case .noSpace: .quotaExceeded
            case .readOnly, .accessDenied: .accessDenied
            case .locked: .conflict
            case .unsafeDirectory, .symbolicLink, .notADirectory: .invalidRequest
            default: .serverFailure
            }
        self.init(code, operation: operation, cause: error)
    }
}

/// Runs disk calls and tells their errors as the store's.
func onDisk<Value>(
    _ operation: String, _ body: () throws(DiskError) -> Value
) throws(ObjectStoreError) -> Value {
    do throws(DiskError) {
        return try body()
    } catch {
        throw ObjectStoreError(error, operation: operation)
    }
}
