/// Individual taxpayer numbers: `9XX-GG-SSSS`, or nine digits beside a keyword.
/// Source: IRS, ITIN ranges: group 50-65, 70-88, 90-92, 94-99 (93 is for adoptions).
struct TaxpayerRule: Rule {
    private let number = NineDigitNumber(
        formatted: NamingRule("itin.formatted", .taxpayer),
        spoken: NamingRule("itin.keyword", .taxpayer),
        keywords: Keywords([
            "itin", "itin no", "tin", "taxpayer", "taxpayer id", "taxpayer no", "tax id", "ssn",
        ]), isValid: isValid)

    func match(in context: RuleContext) -> Match? { number.match(in: context) }

    /// - Parameter digits: nine.
    @Sendable private static func isValid(_ digits: [Int]) -> Bool {
        switch digits[3] * 10 + digits[4] {
        case 50...65, 70...88, 90...92, 94...99: digits[0] == 9
        default: false
        }
    }
}
