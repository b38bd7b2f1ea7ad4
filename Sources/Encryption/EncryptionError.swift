private import CLibCrypto

/// Why a cryptographic operation gave no result.
package struct EncryptionError: Error, Hashable, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// The tag does not match: other key, other additional data, or changed bytes.
        case authenticationFailed
        /// A key has the wrong length, or is too short to protect anything.
        case unusableKey
        /// The output or input has a size that the operation does not take.
        case wrongSize
        /// OpenSSL refused: out of memory, or its provider lacks the algorithm.
        case libraryFailed
        /// The kernel refused a hardening call.
        case hardeningFailed
    }

    package let code: Code
    /// The EVP call that failed, and OpenSSL's reason. Free of keys and data.
    package let detail: String

    package init(_ code: Code, detail: String) {
        self.code = code
        self.detail = detail
    }
}

extension EncryptionError: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(detail)" }
}

extension EncryptionError {
    /// An error for a failed OpenSSL call; takes (and empties) the thread's OpenSSL error queue.
    static func library(_ call: String, code: Code = .libraryFailed) -> EncryptionError {
        let number = ERR_get_error()
        ERR_clear_error()
        guard number != 0 else { return EncryptionError(code, detail: call) }
        // SAFETY: the reason is a static string of OpenSSL, or nil.
        let reason = unsafe ERR_reason_error_string(number).map { unsafe String(cString: $0) }
        return EncryptionError(code, detail: "\(call): \(reason ?? "error \(number)")")
    }

    /// Throws unless an OpenSSL call returned 1.
    static func check(_ result: Int32, _ call: String) throws(EncryptionError) {
        guard result == 1 else { throw library(call) }
    }
}
