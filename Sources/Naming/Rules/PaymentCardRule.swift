/// Payment card numbers with a known issuer's first digits and a right check digit.
/// Source: ISO/IEC 7812-1, annex B (Luhn); issuer ranges of Visa, Mastercard, American Express and
/// Discover.
struct PaymentCardRule: Rule {
    private static let rule = NamingRule("card.luhn", .paymentCard)

    private let keywords = Keywords([
        "card", "card no", "card number", "cc", "cc no", "credit card", "visa", "amex",
        "mastercard", "discover", "copay",
    ])

    func match(in context: RuleContext) -> Match? {
        let name = context.name
        for index in name.tokens.indices {
            for lengths in [[4, 4, 4, 4], [4, 6, 5]] {
                if let number = name.digitGroups(lengths, at: index), Self.isCard(number.digits) {
                    return Match(rule: Self.rule, range: number.range)
                }
            }
            guard let digits = name.bareDigits(13...19, at: index), Self.isCard(digits) else {
                continue
            }
            let range = name.tokens[index].range
            // Without a keyword only the usual lengths, alone between separators: other runs of
            // that many digits are trace ids and times far more often.
            let usual = (15...16).contains(digits.count) && !name.touchesLetter(range)
            if usual || keywords.stand(around: range, in: context) {
                return Match(rule: Self.rule, range: range)
            }
        }
        return nil
    }

    private static func isCard(_ digits: [Int]) -> Bool {
        let first = digits.prefix(4).reduce(0) { $0 * 10 + $1 }
        let known =
            switch (first, digits.count) {
            case (4000...4999, 13), (4000...4999, 16), (4000...4999, 19): true
            case (5100...5599, 16), (2221...2720, 16): true
            case (3400...3499, 15), (3700...3799, 15): true
            case (6011, 16), (6440...6599, 16): true
            default: false
            }
        return known && passesLuhn(digits)
    }

    private static func passesLuhn(_ digits: [Int]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let value = place.isMultiple(of: 2) ? digit : digit * 2
            sum += value > 9 ? value - 9 : value
        }
        return sum.isMultiple(of: 10)
    }
}
