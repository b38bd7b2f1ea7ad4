/// A run of letters or of digits in a name. What lies between tokens are separators.
struct Token: Hashable {
    enum Kind {
        case letters
        case digits
    }

    let kind: Kind
    /// In the bytes of the `ParsedName`.
    let range: Range<Int>
}

/// A name cut into tokens: at borders of letters and digits, and inside words where the case says
/// so (`JohnDoe`, `MRNScan`).
///
/// Hexadecimal digests and UUIDs inside the name are blanked out first: their digits are chance.
struct ParsedName {
    /// What a blanked byte is: neither letter nor digit nor a separator that a rule accepts.
    static let blank: UInt8 = 0x01

    let bytes: [UInt8]
    let tokens: [Token]

    init(_ text: NameText) {
        bytes = Self.blankingDigests(text.bytes)
        tokens = Self.tokens(of: bytes)
    }

    /// The single separator between token `index` and the next one: one character, perhaps doubled
    /// or with spaces around it. Nil when they touch, or for anything else.
    func separator(after index: Int) -> UInt8? {
        guard index >= 0, index + 1 < tokens.count else { return nil }
        let gap = bytes[tokens[index].range.upperBound..<tokens[index + 1].range.lowerBound]
        // " - " is the longest gap that people write inside a number.
        guard (1...3).contains(gap.count) else { return nil }
        var found: UInt8 = UInt8(ascii: " ")
        for byte in gap where byte != UInt8(ascii: " ") {
            guard found == UInt8(ascii: " ") || found == byte else { return nil }
            found = byte
        }
        return found
    }

    /// Whether a letter touches the range on either side.
    func touchesLetter(_ range: Range<Int>) -> Bool {
        let before = range.lowerBound > 0 && bytes[range.lowerBound - 1].isLetter
        let after = range.upperBound < bytes.count && bytes[range.upperBound].isLetter
        return before || after
    }

    // MARK: Making

    private static func tokens(of bytes: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var index = 0
        while index < bytes.count {
            let start = index
            if bytes[index].isDigit {
                while index < bytes.count, bytes[index].isDigit { index += 1 }
                tokens.append(Token(kind: .digits, range: start..<index))
            } else if bytes[index].isLetter {
                index += 1
                while index < bytes.count, bytes[index].isLetter,
                    !isWordBorder(bytes, before: index)
                {
                    index += 1
                }
                tokens.append(Token(kind: .letters, range: start..<index))
            } else {
                index += 1
            }
        }
        return tokens
    }

    /// Between "n" and "D" of `JohnDoe`; between "N" and "S" of `MRNScan`.
    static func isWordBorder(_ bytes: [UInt8], before index: Int) -> Bool {
        guard index > 0, index < bytes.count, bytes[index].isUpper else { return false }
        if bytes[index - 1].isLower { return true }
        return bytes[index - 1].isUpper && index + 1 < bytes.count && bytes[index + 1].isLower
    }

    private static func blankingDigests(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var index = 0
        while index < bytes.count {
            let end = MachineName.hexRunEnd(bytes, from: index)
            if MachineName.isDigest(bytes[index..<end]) {
                for position in index..<end { result[position] = blank }
            }
            index = max(end, index + 1)
        }
        return result
    }
}
