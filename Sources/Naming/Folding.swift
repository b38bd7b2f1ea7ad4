/// Folds characters that read like ASCII ones.
/// Source: Unicode 16, General_Category and Numeric_Type; FF01-FF5E are ASCII 21-7E at full width;
/// 1D400-1D6A3 are thirteen mathematical alphabets of A-Z and a-z.
enum Folding {
    /// - Returns: the character to read instead; nil for an invisible one (category Cf: zero-width
    ///   and bidi characters, the soft hyphen, the byte order mark).
    static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        guard !scalar.isASCII else { return scalar }
        switch scalar.value {
        case 0xFF01...0xFF5E: return ascii(scalar.value - 0xFF01 + 0x21)
        case 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63: return "-"
        case 0x2018, 0x2019, 0x02BC: return "'"
        case 0xFE6B: return "@"
        case 0x2024: return "."
        case 0x1D400...0x1D6A3:
            let letter = (scalar.value - 0x1D400) % 52
            return ascii(letter < 26 ? 0x41 + letter : 0x61 + letter - 26)
        default: return byProperties(scalar)
        }
    }

    private static func byProperties(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .format, .control: return nil
        case .spaceSeparator: return " "
        default: break
        }
        switch properties.numericType {
        case .decimal, .digit:
            guard let value = properties.numericValue, (0...9).contains(value) else { break }
            return ascii(0x30 + UInt32(value))
        default: break
        }
        return scalar
    }

    private static func ascii(_ value: UInt32) -> Unicode.Scalar? {
        UInt8(exactly: value).map(Unicode.Scalar.init)
    }
}
