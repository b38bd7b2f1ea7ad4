private import ObjectStorage

/// Percent-encoding as S3 signs it: the unreserved characters of RFC 3986 stand for themselves,
/// every other byte becomes `%XX` with capital digits.
/// Source: S3 API Reference, "Authenticating Requests: Using the Authorization Header", UriEncode.
package enum PercentEncoding {
    /// An object's path: `/` is kept, and nothing is normalised (`//`, `.`, `..`, a trailing `/`).
    package static func path(_ raw: String) -> String {
        encoded(raw, keepsSlash: true)
    }

    /// One name or value of a query: `/` is encoded too.
    package static func queryComponent(_ raw: String) -> String {
        encoded(raw, keepsSlash: false)
    }

    private static func encoded(_ raw: String, keepsSlash: Bool) -> String {
        if raw.utf8.allSatisfy({ stands($0, keepsSlash: keepsSlash) }) { return raw }
        var output: [UInt8] = []
        output.reserveCapacity(raw.utf8.count * 3)
        for byte in raw.utf8 { append(byte, to: &output, keepsSlash: keepsSlash) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends one byte, encoded where it must be.
    static func append(_ byte: UInt8, to output: inout [UInt8], keepsSlash: Bool) {
        if stands(byte, keepsSlash: keepsSlash) {
            output.append(byte)
        } else {
            output.append(UInt8(ascii: "%"))
            output.append(Hexadecimal.capital(byte >> 4))
            output.append(Hexadecimal.capital(byte & 15))
        }
    }

    private static func stands(_ byte: UInt8, keepsSlash: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        case UInt8(ascii: "/"): keepsSlash
        default: false
        }
    }
}

/// Bytes as hexadecimal digits.
enum Hexadecimal {
    /// - Parameter nibble: 0 to 15.
    static func capital(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + (nibble - 10)
    }

    /// Appends two small digits a byte.
    static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                output.append(
                    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + (nibble - 10))
            }
        }
    }
}
