/// Medical record numbers: six to ten digits, perhaps with letters in front, beside a keyword.
///
/// Up to five digits are allowed: study codes such as `patient001` are what the law permits.
/// Source: 45 CFR 164.514(c).
struct MedicalRecordRule: Rule {
    private static let rule = NamingRule("mrn.keyword", .medicalRecord)

    private let keywords = Keywords([
        "mrn", "mrn no", "mr#", "mr no", "mr number", "med rec", "med rec no", "medrec",
        "medical record", "medical record no", "medical record number", "medical record num",
        "patient id", "patientid", "patient no", "patient number", "patient num", "pat id",
        "pt id", "ptid", "pt no", "pt number", "chart no", "chart id", "chart num", "chart number",
        "chart#", "empi", "hospital no", "hospital number", "hosp no", "uhid",
    ])

    func match(in context: RuleContext) -> Match? {
        let name = context.name
        for index in name.tokens.indices {
            guard let range = number(in: name, at: index) else { continue }
            if keywords.stand(around: range, in: context) {
                return Match(rule: Self.rule, range: range)
            }
        }
        return nil
    }

    /// A run of six to ten digits, or two to four groups of that many in all; no date.
    private func number(in name: ParsedName, at index: Int) -> Range<Int>? {
        if let digits = name.bareDigits(6...10, at: index) {
            return CalendarDate.isStamp(digits) ? nil : name.tokens[index].range
        }
        for lengths in [
            [2, 2, 2], [3, 3], [3, 3, 3], [3, 4], [2, 2, 2, 2], [3, 2, 2], [2, 2, 3],
        ] {
            if let groups = name.digitGroups(lengths, at: index), groups.separator != 0x2E {
                return groups.range
            }
        }
        return nil
    }
}
