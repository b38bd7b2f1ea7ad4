extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isUpper: Bool { (0x41...0x5A).contains(self) }
    var isLower: Bool { (0x61...0x7A).contains(self) }

    /// A letter of any script: everything beyond ASCII counts as one, after folding.
    var isLetter: Bool { isUpper || isLower || self >= 0x80 }

    var isAlphanumeric: Bool { isDigit || isLetter }

    var lowercased: UInt8 { isUpper ? self + 0x20 : self }

    /// The value of a digit.
    /// - Precondition: `isDigit`.
    var digitValue: Int { Int(self) - 0x30 }

    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
