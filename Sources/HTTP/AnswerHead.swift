/// Gathers an answer's header lines as they come, one line a call, within bounds.
struct AnswerHead {
    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    /// Whether the blank line behind a final status has come.
    private(set) var isComplete = false
    private var byteCount = 0
    private var lineCount = 0

    private let countLimit: Int
    private let bytesLimit: Int

    init(_ configuration: TransportConfiguration) {
        countLimit = configuration.headerCountLimit
        bytesLimit = configuration.headerBytesLimit
    }

    /// Bytes of the body as the answer announces them; nil when it does not, or not clearly.
    var contentLength: UInt64? {
        headers["content-length"].flatMap { UInt64($0) }
    }

    /// Takes the next line with its end.
    /// - Returns: whether the head is complete with this line.
    /// - Throws: `tooLarge`, `malformedResponse`.
    mutating func take(_ line: Span<UInt8>) throws(HTTPError) -> Bool {
        byteCount += line.count
        lineCount += 1
        // One line for the status and one for the end, on top of the fields.
        guard byteCount <= bytesLimit, lineCount <= countLimit + 2 else {
            throw HTTPError(.tooLarge, detail: "the answer's headers exceed their limit")
        }
        // Trailers of a chunked body count, and are dropped.
        guard !isComplete else { return false }
        let text = Self.trimmed(line)
        if Self.beginsStatus(text) {
            try takeStatus(text)
            return false
        }
        if text.isEmpty {
            // 1xx answers announce another one.
            isComplete = status >= 200
            return isComplete
        }
        try takeField(text)
        return false
    }

    private mutating func takeStatus(_ text: String) throws(HTTPError) {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[1].utf8.count == 3, let code = Int(words[1]),
            (100...599).contains(code)
        else { throw Self.malformed("the status line is no HTTP") }
        status = code
        headers = HTTPHeaders()
    }

    private mutating func takeField(_ text: String) throws(HTTPError) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon != text.startIndex,
            let first = text.utf8.first, first != 0x20, first != 0x09
        else { throw Self.malformed("a header line has no name") }
        let value = text[text.index(after: colon)...]
        headers.append(String(text[..<colon]), Self.withoutOuterSpace(value))
    }

    private static func beginsStatus(_ text: String) -> Bool {
        text.utf8.starts(with: "HTTP/".utf8)
    }

    private static func trimmed(_ line: Span<UInt8>) -> String {
        var end = line.count
        while end > 0, line[end - 1] == 0x0A || line[end - 1] == 0x0D { end -= 1 }
        return String(copying: line.extracting(0..<end))
    }

    private static func withoutOuterSpace(_ value: Substring) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let first = value.utf8.firstIndex(where: { !isSpace($0) }),
            let last = value.utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(value[first...last])
    }

    private static func malformed(_ detail: String) -> HTTPError {
        HTTPError(.malformedResponse, detail: detail)
    }
}

extension String {
    /// The text of UTF-8 bytes; bytes that are none become U+FFFD.
    init(copying bytes: Span<UInt8>) {
        // SAFETY: the bytes are copied inside the closure.
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
