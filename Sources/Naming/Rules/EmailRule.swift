/// E-mail addresses, perhaps with a file extension behind.
/// Source: RFC 5321, 4.1.2, less quoted local parts.
struct EmailRule: Rule {
    private static let rule = NamingRule("email.address", .email)

    /// Top-level domains that people's mail lives under and that are no file extension.
    private static let domains = Set(
        """
        com org net edu gov mil int biz co us uk ca de fr es it nl be ch at au nz jp kr cn tw hk \
        sg in id th vn ph br mx ar cl pe ie dk no se fi ee lv lt cz sk hu ro bg gr pt tr ru ua il \
        ae sa za ng ke eg eu me io tv health care clinic hospital app dev cloud online email
        """.split(separator: " ").map { Array($0.utf8) })

    /// Domains that are extensions as well, so that they count only before another extension.
    private static let alsoExtensions = Set(
        "ai pl py rs sh md mk ml so cc ps info in it id es app me no".split(separator: " ")
            .map { Array($0.utf8) })

    func match(in context: RuleContext) -> Match? {
        let bytes = context.name.bytes
        for at in bytes.indices where bytes[at] == UInt8(ascii: "@") {
            var start = at
            while start > 0, Self.isLocal(bytes[start - 1]) { start -= 1 }
            guard bytes[start..<at].contains(where: \.isAlphanumeric),
                let end = Self.domainEnd(bytes, from: at + 1)
            else { continue }
            return Match(rule: Self.rule, range: start..<end)
        }
        return nil
    }

    private static func isLocal(_ byte: UInt8) -> Bool {
        byte.isAlphanumeric || ".!#$&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    /// Where the shortest domain with a known top level that begins at `start` ends.
    private static func domainEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var label = start
        var labels = 0
        while let end = labelEnd(bytes, from: label) {
            labels += 1
            let top = bytes[label..<end].map(\.lowercased)
            let isLast = end == bytes.count || labelEnd(bytes, from: end + 1) == nil
            let known =
                alsoExtensions.contains(top) ? !isLast : domains.contains(top)
            let site = bytes[start..<label].contains(where: \.isLetter) || top == Array("com".utf8)
            if labels > 1, known, site { return end }
            guard end < bytes.count, bytes[end] == UInt8(ascii: ".") else { return nil }
            label = end + 1
        }
        return nil
    }

    /// The end of the run of letters, digits and inner dashes that begins at `start`.
    private static func labelEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var end = start
        while end < bytes.count, bytes[end].isAlphanumeric || bytes[end] == UInt8(ascii: "-") {
            end += 1
        }
        return end > start ? end : nil
    }
}
