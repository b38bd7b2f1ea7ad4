import Encryption
import ObjectStorage

/// The random name of a data file, a version or an upload: 128 bits.
struct Identifier: Hashable, Sendable {
    static let length = 16

    let bytes: [UInt8]

    /// - Throws: `serverFailure` when the system gives no random bytes.
    static func random() throws(ObjectStoreError) -> Identifier {
        do throws(EncryptionError) {
            return Identifier(bytes: try RandomBytes.system(length))
        } catch {
            throw ObjectStoreError(.serverFailure, operation: "random", cause: error)
        }
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Returns: nil unless the text has 32 small hexadecimal digits.
    init?(hexadecimal text: String) {
        guard let bytes = [UInt8](hexadecimal: text), bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }

    var hexadecimal: String { bytes.hexadecimal }
}

extension [UInt8] {
    /// Two small digits for each byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * count)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil for an odd number of digits, capital ones or other characters.
    init?(hexadecimal text: String) {
        self = []
        var high: UInt8?
        for digit in text.utf8 {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        guard high == nil else { return nil }
    }
}
