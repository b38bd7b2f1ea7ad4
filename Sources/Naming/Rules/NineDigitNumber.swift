/// A number of nine digits in groups of three, two and four that names a person: `123-45-6789`, or
/// without separators beside a word that says what it is.
struct NineDigitNumber {
    /// Found by its form alone.
    let formatted: NamingRule
    /// Found by its form beside a keyword.
    let spoken: NamingRule
    let keywords: Keywords
    /// Whether nine digits are a number of this kind.
    let isValid: @Sendable ([Int]) -> Bool

    /// The first such number in the name.
    func match(in context: RuleContext) -> Match? {
        let name = context.name
        for index in name.tokens.indices {
            if let number = name.digitGroups([3, 2, 4], at: index), isValid(number.digits) {
                let isSpoken = keywords.stand(around: number.range, in: context)
                let isTelling = "- ".utf8.contains(number.separator)
                if isSpoken || (isTelling && !name.touchesLetter(number.range)) {
                    return Match(rule: isSpoken ? spoken : formatted, range: number.range)
                }
            }
            if let digits = name.bareDigits(9...9, at: index), isValid(digits),
                keywords.stand(around: name.tokens[index].range, in: context)
            {
                return Match(rule: spoken, range: name.tokens[index].range)
            }
        }
        return nil
    }
}
