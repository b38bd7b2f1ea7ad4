/// A name's shape for logs: what kinds of characters stood there, and none of them.
enum Shape {
    /// Runs of capitals become `A`, of small letters `a`, of digits `9`, of other letters `x`, of
    /// other characters `?`; usual separators stay. A last extension becomes `.ext`.
    static func squeezed(_ text: NameText) -> String {
        var bytes = text.bytes[...]
        var ending: [UInt8] = []
        if let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > bytes.startIndex,
            (1...8).contains(bytes.count - 1 - dot),
            bytes[(dot + 1)...].allSatisfy(\.isAlphanumeric),
            bytes[(dot + 1)...].contains(where: \.isLetter)
        {
            bytes = bytes[..<dot]
            ending = Array(".ext".utf8)
        }
        var shape: [UInt8] = []
        for byte in bytes {
            let kind = kind(of: byte)
            if shape.last != kind { shape.append(kind) }
        }
        return String(decoding: shape + ending, as: UTF8.self)
    }

    private static func kind(of byte: UInt8) -> UInt8 {
        if byte.isDigit { return UInt8(ascii: "9") }
        if byte.isUpper { return UInt8(ascii: "A") }
        if byte.isLower { return UInt8(ascii: "a") }
        if byte >= 0x80 { return UInt8(ascii: "x") }
        return "-_. ,^=@#()+~".utf8.contains(byte) ? byte : UInt8(ascii: "?")
    }
}
