/// The ring of polynomials over GF(2) modulo a CRC's polynomial, in the CRC's reflected form: the
/// highest bit is the coefficient of x^0.
struct PolynomialRing<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private let polynomial: Word
    /// `powers[n]` is x^(2^n).
    private let powers: [Word]

    /// - Parameter polynomial: reflected, without its highest term.
    init(polynomial: Word) {
        self.polynomial = polynomial
        // x^1 has the second highest bit set. 67 squarings reach 8 * (2^64 - 1), the longest
        // shift that a 64-bit count of bytes can ask for.
        var powers: [Word] = [1 << (Word.bitWidth - 2)]
        for _ in 1..<67 {
            guard let last = powers.last else { break }
            powers.append(Self.product(last, last, polynomial: polynomial))
        }
        self.powers = powers
    }

    /// `register` moved ahead over `byteCount` zero bytes: times x^(8 * byteCount).
    func shift(_ register: Word, byteCount: UInt64) -> Word {
        var result = register
        var remaining = byteCount
        var power = 3  // x^8
        while remaining != 0 {
            if remaining & 1 == 1 {
                result = Self.product(result, powers[power], polynomial: polynomial)
            }
            remaining >>= 1
            power += 1
        }
        return result
    }

    private static func product(_ left: Word, _ right: Word, polynomial: Word) -> Word {
        var result: Word = 0
        var left = left
        var right = right
        while left != 0 {
            // The highest bit of `left` is its x^0 coefficient; each step asks for the next power.
            if left.leadingZeroBitCount == 0 { result ^= right }
            left <<= 1
            right = right & 1 == 1 ? right >> 1 ^ polynomial : right >> 1
        }
        return result
    }
}
