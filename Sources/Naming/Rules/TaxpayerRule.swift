/// Individual taxpayer numbers: `9XX-GG-SSSS`, or nine digits beside a keyword.
/// Source: IRS, ITIN ranges: group 50-65, 70-88, 90-92, 94-99 (93 is for adoptions).
struct TaxpayerRule: Rule {
    private static let formatted = NamingRule("itin.formatted", .taxpayer)
    private static let keyword = NamingRule("itin.keyword", .taxpayer)

    private let keywords = Keywords([
        "itin", "itin no", "tin", "taxpayer", "taxpayer id", "taxpayer no", "tax id", "ssn",
    ])

    func match(in context: RuleContext) -> Match? {
        let name = context.name
        for index in name.tokens.indices {
            if let number = name.digitGroups([3, 2, 4], at: index), Self.isValid(number.digits) {
                let spoken = keywords.stand(around: number.range, in: context)
                let telling = "- ".utf8.contains(number.separator)
                if spoken || (telling && !name.touchesLetter(number.range)) {
                    return Match(
                        rule: spoken ? Self.keyword : Self.formatted, range: number.range)
                }
            }
            if let digits = name.bareDigits(9...9, at: index), Self.isValid(digits),
                keywords.stand(around: name.tokens[index].range, in: context)
            {
                return Match(rule: Self.keyword, range: name.tokens[index].range)
            }
        }
        return nil
    }

    /// - Parameter digits: nine.
    private static func isValid(_ digits: [Int]) -> Bool {
        switch digits[3] * 10 + digits[4] {
        case 50...65, 70...88, 90...92, 94...99: digits[0] == 9
        default: false
        }
    }
}
