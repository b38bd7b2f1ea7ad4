/// Dates beside a word for birth.
struct BirthDateRule: Rule {
    private static let rule = NamingRule("dob.keyword", .birthDate)

    private let keywords = Keywords([
        "dob", "d o b", "date of birth", "birth date", "birthday", "birth", "bday", "b day", "born",
    ])

    func match(in context: RuleContext) -> Match? {
        let name = context.name
        for index in name.tokens.indices {
            guard let range = CalendarDate.range(in: name, at: index) else { continue }
            if keywords.stand(around: range, in: context) {
                return Match(rule: Self.rule, range: range)
            }
        }
        return nil
    }
}
