/// A name in the form that rules read: percent-decoding undone, look-alike digits, dashes, spaces
/// and letters folded to ASCII, invisible characters dropped.
///
/// The stored name is never changed; `originalSpan` leads back to it.
struct NameText {
    /// UTF-8.
    private(set) var bytes: [UInt8]
    /// For each byte of `bytes`, the bytes of the name that it came from; nil when nothing changed.
    private var origins: [Range<Int>]?

    init(_ name: String) {
        bytes = Array(name.utf8)
        decodePercents()
        foldIfNeeded()
    }

    /// Whether any rule could find something: an at sign, or digits enough for a date.
    var canIdentify: Bool {
        // The shortest date with a keyword, "born 1-2-56", has four digits.
        let fewestDigits = 4
        var digits = 0
        for byte in bytes {
            if byte == UInt8(ascii: "@") { return true }
            if byte.isDigit { digits += 1 }
        }
        return digits >= fewestDigits
    }

    /// The bytes of the name behind a range of `bytes`.
    func originalSpan(of range: Range<Int>) -> Range<Int> {
        guard let origins, let first = origins[range].first, let last = origins[range].last else {
            return range
        }
        return first.lowerBound..<max(first.upperBound, last.upperBound)
    }

    // MARK: Percent-decoding

    private mutating func decodePercents() {
        // Names encoded twice occur (an encoded URL in a URL); a fourth layer is somebody's game.
        for _ in 0..<3 {
            guard bytes.contains(UInt8(ascii: "%")), decodeOnce() else { return }
        }
    }

    /// - Returns: whether anything was decoded. Nothing is when the result is no UTF-8.
    private mutating func decodeOnce() -> Bool {
        var decoded: [UInt8] = []
        var spans: [Range<Int>] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = bytes[index + 1].hexValue, let low = bytes[index + 2].hexValue
            {
                decoded.append(high << 4 | low)
                spans.append(origin(index).lowerBound..<origin(index + 2).upperBound)
                index += 3
            } else {
                decoded.append(bytes[index])
                spans.append(origin(index))
                index += 1
            }
        }
        guard decoded.count < bytes.count, String(validating: decoded, as: UTF8.self) != nil else {
            return false
        }
        bytes = decoded
        origins = spans
        return true
    }

    private func origin(_ index: Int) -> Range<Int> {
        origins?[index] ?? index..<(index + 1)
    }

    // MARK: Folding

    private mutating func foldIfNeeded() {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return }
        var folded: [UInt8] = []
        var spans: [Range<Int>] = []
        var index = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let length = UTF8.width(scalar)
            let span = origin(index).lowerBound..<origin(index + length - 1).upperBound
            if let result = Folding.fold(scalar) {
                for byte in UTF8.encode(result) ?? UTF8.encodedReplacementCharacter {
                    folded.append(byte)
                    spans.append(span)
                }
            }
            index += length
        }
        bytes = folded
        origins = spans
    }
}
