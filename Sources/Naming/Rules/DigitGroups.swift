extension ParsedName {
    /// A number written in groups: `123-45-6789`.
    struct DigitGroups {
        let range: Range<Int>
        /// The one separator between all groups.
        let separator: UInt8
        /// All digits, 0 to 9.
        let digits: [Int]
        /// The digits group by group.
        let groups: [Int]
    }

    /// The digit groups of these lengths that begin at token `index`, with the same separator
    /// between all. Nil inside a longer chain of numbers with that separator, such as a version.
    func digitGroups(_ lengths: [Int], at index: Int) -> DigitGroups? {
        let last = index + lengths.count - 1
        guard last < tokens.count, let separator = separator(after: index) else { return nil }
        for (offset, length) in lengths.enumerated() {
            let token = tokens[index + offset]
            guard token.kind == .digits, token.range.count == length else { return nil }
            if offset > 0, self.separator(after: index + offset - 1) != separator { return nil }
        }
        guard !continuesChain(before: index, separator), !continuesChain(after: last, separator)
        else { return nil }
        let range = tokens[index].range.lowerBound..<tokens[last].range.upperBound
        let groups = (index...last).map { tokens[$0].range }
        return DigitGroups(
            range: range, separator: separator, digits: groups.flatMap { digits(in: $0) },
            groups: groups.map { digits(in: $0).reduce(0) { $0 * 10 + $1 } })
    }

    /// The digits of token `index` when it has so many and is no piece of a dotted chain.
    func bareDigits(_ counts: ClosedRange<Int>, at index: Int) -> [Int]? {
        let token = tokens[index]
        guard token.kind == .digits, counts.contains(token.range.count),
            !continuesChain(before: index, UInt8(ascii: ".")),
            !continuesChain(after: index, UInt8(ascii: "."))
        else { return nil }
        return digits(in: token.range)
    }

    /// The values of a run of digits.
    func digits(in range: Range<Int>) -> [Int] {
        bytes[range].map(\.digitValue)
    }

    private func continuesChain(before index: Int, _ separator: UInt8) -> Bool {
        index > 0 && tokens[index - 1].kind == .digits
            && self.separator(after: index - 1) == separator
    }

    private func continuesChain(after index: Int, _ separator: UInt8) -> Bool {
        index + 1 < tokens.count && tokens[index + 1].kind == .digits
            && self.separator(after: index) == separator
    }
}
