/// Multi-byte tokens that the reader looks for.
enum Token {
    static let comment = Array("<!--".utf8)
    static let commentEnd = Array("-->".utf8)
    static let section = Array("<![CDATA[".utf8)
    static let sectionEnd = Array("]]>".utf8)
    static let declaration = Array("<?xml".utf8)
}

extension XMLReader {
    /// The character data up to the next start or end tag; nil when there is none.
    mutating func readText() throws(XMLError) -> String? {
        let start = position
        try scanPlain()
        if position < bytes.count, isTag() {
            return position == start ? nil : text(in: start..<position)
        }
        // References, sections, comments or line ends to normalise: gather in a buffer.
        var gathered = Array(bytes[start..<position])
        while position < bytes.count, !isTag() {
            try gather(into: &gathered)
            guard gathered.count <= limits.textLength else {
                throw XMLError(.tooLarge, offset: position)
            }
        }
        guard position < bytes.count else { throw XMLError(.truncated, offset: position) }
        return gathered.isEmpty ? nil : String(decoding: gathered, as: UTF8.self)
    }

    /// Moves over bytes that stand for themselves.
    private mutating func scanPlain() throws(XMLError) {
        let start = position
        while position < bytes.count {
            let current = bytes[position]
            if current == UInt8(ascii: "<") || current == UInt8(ascii: "&") || current == 0x0D {
                break
            }
            try refuseControl(current)
            if current == UInt8(ascii: ">"), endsSection() {
                throw XMLError(.malformed, offset: position)
            }
            position += 1
        }
        guard position - start <= limits.textLength else {
            throw XMLError(.tooLarge, offset: start)
        }
    }

    /// Whether the `>` here is the end of `]]>`, which text may not hold.
    private func endsSection() -> Bool {
        position >= 2 && bytes[position - 1] == UInt8(ascii: "]")
            && bytes[position - 2] == UInt8(ascii: "]")
    }

    private func isTag() -> Bool {
        guard bytes[position] == UInt8(ascii: "<") else { return false }
        // Nearly every tag is told from a comment or section by its second byte.
        guard byte(at: position + 1) == UInt8(ascii: "!") else { return true }
        return !starts(with: Token.comment) && !starts(with: Token.section)
    }

    private mutating func gather(into gathered: inout [UInt8]) throws(XMLError) {
        switch bytes[position] {
        case UInt8(ascii: "&"):
            gathered.append(contentsOf: String(try readReference()).utf8)
        case 0x0D:
            takeLineEnd(into: &gathered)
        case UInt8(ascii: "<"):
            if starts(with: Token.comment) {
                try skipComment()
            } else {
                try readSection(into: &gathered)
            }
        default:
            let start = position
            try scanPlain()
            gathered.append(contentsOf: bytes[start..<position])
        }
    }

    /// CR and CR LF count as LF. Source: XML 1.0, section 2.11.
    private mutating func takeLineEnd(into gathered: inout [UInt8]) {
        position += byte(at: position + 1) == 0x0A ? 2 : 1
        gathered.append(0x0A)
    }

    private mutating func readSection(into gathered: inout [UInt8]) throws(XMLError) {
        position += Token.section.count
        while !starts(with: Token.sectionEnd) {
            guard position < bytes.count else { throw XMLError(.truncated, offset: position) }
            guard gathered.count <= limits.textLength else {
                throw XMLError(.tooLarge, offset: position)
            }
            if bytes[position] == 0x0D {
                takeLineEnd(into: &gathered)
            } else {
                try refuseControl(bytes[position])
                gathered.append(bytes[position])
                position += 1
            }
        }
        position += Token.sectionEnd.count
    }

    mutating func skipComment() throws(XMLError) {
        let start = position
        position += Token.comment.count
        while !(byte(at: position) == UInt8(ascii: "-")
            && byte(at: position + 1) == UInt8(ascii: "-"))
        {
            guard position < bytes.count else { throw XMLError(.truncated, offset: start) }
            try refuseControl(bytes[position])
            position += 1
        }
        guard starts(with: Token.commentEnd) else { throw fault() }
        position += Token.commentEnd.count
    }

    /// `&lt;`, `&#65;`, `&#x41;`.
    mutating func readReference() throws(XMLError) -> Unicode.Scalar {
        let start = position
        // The longest is `&#x10FFFF;`; leading zeros beyond that are no one's need.
        let window = bytes[start..<min(bytes.count, start + 12)]
        guard let end = window.firstIndex(of: UInt8(ascii: ";")) else {
            throw XMLError(window.endIndex == bytes.count ? .truncated : .malformed, offset: start)
        }
        position = end + 1
        let name = text(in: start + 1..<end)
        switch name {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        guard name.hasPrefix("#") else { throw XMLError(.forbidden, offset: start) }
        let digits = name.dropFirst()
        let value =
            digits.hasPrefix("x") ? Self.number(digits.dropFirst(), 16) : Self.number(digits, 10)
        guard let value, value != 0, let scalar = Unicode.Scalar(value) else {
            throw XMLError(.malformed, offset: start)
        }
        return scalar
    }

    /// `UInt32.init` would take a sign.
    private static func number(_ digits: Substring, _ radix: Int) -> UInt32? {
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
            return nil
        }
        return UInt32(digits, radix: radix)
    }

    /// `<?xml version="1.0" encoding="UTF-8"?>`, where there is one.
    mutating func readDeclaration() throws(XMLError) {
        let start = position
        skipSpace()
        guard starts(with: Token.declaration) else {
            position = start
            return
        }
        let from = position + Token.declaration.count
        guard let end = bytes[from...].firstIndex(of: UInt8(ascii: ">")) else {
            throw XMLError(.truncated, offset: from)
        }
        guard end > from, bytes[end - 1] == UInt8(ascii: "?") else {
            throw XMLError(.malformed, offset: from)
        }
        let content = text(in: from..<end - 1).lowercased()
        if content.contains("encoding"), !content.contains("utf-8"), !content.contains("us-ascii") {
            throw XMLError(.notUTF8, offset: from)
        }
        position = end + 1
    }
}

// MARK: - Bytes

extension XMLReader {
    func byte(at index: Int) -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    func starts(with token: [UInt8]) -> Bool {
        guard bytes.count - position >= token.count else { return false }
        for index in token.indices where bytes[position + index] != token[index] { return false }
        return true
    }

    func text(in range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    mutating func take(_ expected: UInt8) throws(XMLError) {
        guard byte(at: position) == expected else { throw fault() }
        position += 1
    }

    /// `malformed` here, or `truncated` at the end.
    func fault() -> XMLError {
        XMLError(position < bytes.count ? .malformed : .truncated, offset: position)
    }

    func refuseControl(_ byte: UInt8) throws(XMLError) {
        if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D {
            throw XMLError(.malformed, offset: position)
        }
    }

    /// - Returns: whether there was any.
    @discardableResult
    mutating func skipSpace() -> Bool {
        let start = position
        while let current = byte(at: position),
            current == 0x20 || current == 0x0A || current == 0x09 || current == 0x0D
        {
            position += 1
        }
        return position > start
    }
}
