/// Social Security numbers: `123-45-6789`, or nine digits beside a keyword.
/// Source: SSA, "Social Security Number Randomization": since 2011 any area but 000, 666 and
/// 900-999 occurs, so no table of areas and groups is used.
struct SocialSecurityRule: Rule {
    /// Numbers that were printed in advertisements and are nobody's.
    private static let voidNumbers = [78_051_120, 219_099_999]

    private let number = NineDigitNumber(
        formatted: NamingRule("ssn.formatted", .socialSecurity),
        spoken: NamingRule("ssn.keyword", .socialSecurity),
        keywords: Keywords([
            "ssn", "ss#", "ssn no", "ss no", "ss num", "ss number", "socsec", "soc sec",
            "soc sec no", "social security", "social security no", "social security number",
            "social security num",
        ]), isValid: isValid)

    func match(in context: RuleContext) -> Match? { number.match(in: context) }

    /// - Parameter digits: nine.
    @Sendable private static func isValid(_ digits: [Int]) -> Bool {
        let number = digits.reduce(0) { $0 * 10 + $1 }
        let (area, group, serial) = (number / 1_000_000, number / 10_000 % 100, number % 10_000)
        return area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
            && !voidNumbers.contains(number)
    }
}
