/// Medicare beneficiary identifiers: eleven letters and digits in a fixed pattern, in one run or as
/// 4-3-4.
/// Source: CMS, "Understanding the Medicare Beneficiary Identifier (MBI) Format".
struct MedicareBeneficiaryRule: Rule {
    private static let rule = NamingRule("mbi.format", .medicareBeneficiary)

    /// By position: C is 1-9, N a digit, A a letter but S L O I B Z, X either.
    private static let pattern = Array("CAXNAXNAANN".utf8)

    private let keywords = Keywords(["mbi", "medicare", "medicare no", "medicare id", "bene id"])

    func match(in context: RuleContext) -> Match? {
        let bytes = context.name.bytes
        var index = 0
        while index < bytes.count {
            guard bytes[index].isAlphanumeric else {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, bytes[index].isAlphanumeric { index += 1 }
            if let range = identifier(at: start..<index, in: context) {
                return Match(rule: Self.rule, range: range)
            }
        }
        return nil
    }

    private func identifier(at run: Range<Int>, in context: RuleContext) -> Range<Int>? {
        let bytes = context.name.bytes
        var range = run
        if run.count == 4, run.upperBound + 9 <= bytes.count {
            range = run.lowerBound..<(run.lowerBound + 13)
            let dash = UInt8(ascii: "-")
            guard bytes[range.lowerBound + 4] == dash, bytes[range.lowerBound + 8] == dash,
                range.upperBound == bytes.count || !bytes[range.upperBound].isAlphanumeric
            else { return nil }
        } else if run.count > 11, keywords.stand(before: run.upperBound - 11, in: context.name) {
            range = (run.upperBound - 11)..<run.upperBound
        }
        let characters = bytes[range].filter(\.isAlphanumeric)
        guard Self.fits(characters) else { return nil }
        // In small letters chance hits are too many (pieces of digests, base-36 ids).
        let isCapital = !characters.contains(where: \.isLower)
        return isCapital || keywords.stand(around: range, in: context) ? range : nil
    }

    private static func fits(_ characters: [UInt8]) -> Bool {
        guard characters.count == pattern.count else { return false }
        return zip(pattern, characters).allSatisfy { place, character in
            let letter =
                (character.isUpper || character.isLower)
                && !"sloibz".utf8.contains(character.lowercased)
            return switch place {
            case UInt8(ascii: "C"): character.isDigit && character != UInt8(ascii: "0")
            case UInt8(ascii: "N"): character.isDigit
            case UInt8(ascii: "A"): letter
            default: letter || character.isDigit
            }
        }
    }
}
