/// What an `XMLReader` finds next.
package enum XMLEvent: Hashable, Sendable {
    /// `<name ...>`; the name as written, with any prefix. `<name/>` gives a start and an end.
    case start(String)
    case end(String)
    /// All character data up to the next tag, CDATA sections and references resolved. Never empty.
    case text(String)
}

/// Reads a document from its beginning to its end, one event a call.
///
/// Strict where XML is dangerous: no DOCTYPE, no processing instruction, no entities but the five
/// of XML itself, UTF-8 only, every size bounded. Attributes and comments are checked and dropped.
/// Lenient in two points where S3 servers are: white space may stand before the declaration
/// (kept-alive answers), and a character reference may name a control character (S3 writes keys
/// so). Never traps, whatever the bytes.
/// Source: W3C Extensible Markup Language (XML) 1.0, fifth edition.
package struct XMLReader: Sendable {
    let bytes: [UInt8]
    let limits: XMLLimits
    var position = 0
    /// Where the names of the open elements stand in `bytes`.
    var open: [Range<Int>] = []
    /// Set between the two events of `<name/>`.
    private var endIsDue = false
    private var rootSeen = false

    /// - Throws: `notUTF8`, `tooLarge`, `malformed`.
    package init(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) {
        guard bytes.count <= limits.documentLength else {
            throw XMLError(.tooLarge, offset: limits.documentLength)
        }
        self.bytes = bytes
        self.limits = limits
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw XMLError(.notUTF8, offset: 0)
        }
        if starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        try readDeclaration()
    }

    /// How many elements are open at this point.
    package var depth: Int { open.count }

    /// The next event; nil behind the root's end, again at every further call.
    /// - Throws: any code but `unexpected`.
    package mutating func next() throws(XMLError) -> XMLEvent? {
        if endIsDue {
            endIsDue = false
            return .end(text(in: open.removeLast()))
        }
        if open.isEmpty {
            return try nextOutside()
        }
        if let text = try readText() { return .text(text) }
        // `readText` stops at a tag only.
        if byte(at: position + 1) == UInt8(ascii: "/") { return try readEnd() }
        return try readStart()
    }

    private mutating func nextOutside() throws(XMLError) -> XMLEvent? {
        while true {
            skipSpace()
            guard position < bytes.count else {
                if rootSeen { return nil }
                throw XMLError(.truncated, offset: position)
            }
            if starts(with: Token.comment) {
                try skipComment()
                continue
            }
            guard !rootSeen, bytes[position] == UInt8(ascii: "<") else {
                throw XMLError(.malformed, offset: position)
            }
            rootSeen = true
            return try readStart()
        }
    }

    // MARK: - Tags

    private mutating func readStart() throws(XMLError) -> XMLEvent {
        try refuseMarkup()
        position += 1
        let name = try readName()
        guard open.count < limits.depth else { throw XMLError(.tooLarge, offset: position) }
        open.append(name)
        endIsDue = try readAttributes()
        return .start(text(in: name))
    }

    private mutating func readEnd() throws(XMLError) -> XMLEvent {
        let start = position
        position += 2
        let name = try readName()
        skipSpace()
        try take(UInt8(ascii: ">"))
        guard let opened = open.popLast(), bytes[opened].elementsEqual(bytes[name]) else {
            throw XMLError(.malformed, offset: start)
        }
        return .end(text(in: name))
    }

    /// `<!DOCTYPE`, `<!ENTITY`, `<?...`: never read.
    private func refuseMarkup() throws(XMLError) {
        let second = byte(at: position + 1)
        if second == UInt8(ascii: "!") || second == UInt8(ascii: "?") {
            throw XMLError(.forbidden, offset: position)
        }
    }

    /// Skips `name="value"` pairs and the tag's end.
    /// - Returns: whether the tag ends with `/>`.
    private mutating func readAttributes() throws(XMLError) -> Bool {
        var count = 0
        while true {
            let hadSpace = skipSpace()
            switch byte(at: position) {
            case UInt8(ascii: ">"):
                position += 1
                return false
            case UInt8(ascii: "/"):
                position += 1
                try take(UInt8(ascii: ">"))
                return true
            default:
                guard hadSpace else { throw fault() }
                count += 1
                guard count <= limits.attributeCount else {
                    throw XMLError(.tooLarge, offset: position)
                }
                try skipAttribute()
            }
        }
    }

    private mutating func skipAttribute() throws(XMLError) {
        _ = try readName()
        skipSpace()
        try take(UInt8(ascii: "="))
        skipSpace()
        guard let quote = byte(at: position),
            quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        else { throw fault() }
        position += 1
        let start = position
        while let current = byte(at: position), current != quote {
            switch current {
            case UInt8(ascii: "&"): _ = try readReference()
            case UInt8(ascii: "<"): throw XMLError(.malformed, offset: position)
            default:
                try refuseControl(current)
                position += 1
            }
            guard position - start <= limits.textLength else {
                throw XMLError(.tooLarge, offset: position)
            }
        }
        try take(quote)
    }

    private mutating func readName() throws(XMLError) -> Range<Int> {
        let start = position
        guard let first = byte(at: start), Self.beginsName(first) else { throw fault() }
        position += 1
        while let current = byte(at: position), Self.continuesName(current) { position += 1 }
        guard position - start <= limits.nameLength else {
            throw XMLError(.tooLarge, offset: start)
        }
        return start..<position
    }

    private static func beginsName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"), UInt8(ascii: ":"), 0x80...:
            true
        default: false
        }
    }

    private static func continuesName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: beginsName(byte)
        }
    }
}
