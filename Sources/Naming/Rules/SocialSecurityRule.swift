/// Social Security numbers: `123-45-6789`, or nine digits beside a keyword.
/// Source: SSA, "Social Security Number Randomization": since 2011 any area but 000, 666 and
/// 900-999 occurs, so no table of areas and groups is used.
struct SocialSecurityRule: Rule {
    private static let formatted = NamingRule("ssn.formatted", .socialSecurity)
    private static let keyword = NamingRule("ssn.keyword", .socialSecurity)

    /// Numbers that were printed in advertisements and are nobody's.
    private static let voidNumbers = [78_051_120, 219_099_999]

    private let keywords = Keywords([
        "ssn", "ss#", "ssn no", "ss no", "ss num", "ss number", "socsec", "soc sec", "soc sec no",
        "social security", "social security no", "social security number", "social security num",
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
        let number = digits.reduce(0) { $0 * 10 + $1 }
        let (area, group, serial) = (number / 1_000_000, number / 10_000 % 100, number % 10_000)
        return area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
            && !voidNumbers.contains(number)
    }
}
