import Naming
import Testing

/// Judges each component of a path as if it were made below the ones before it.
private func verdict(_ path: Substring) -> Verdict {
    let guardian = NamingGuard(policy: NamingPolicy())
    let components = path.split(separator: "/").map(String.init)
    for (index, name) in components.enumerated() {
        let verdict = guardian.judge(name, parents: Array(components[..<index]))
        if verdict != .allowed { return verdict }
    }
    return .allowed
}

@Suite struct CorpusTests {
    @Test(
        "no everyday name is refused",
        arguments: (EverydayNames.some + "\n" + EverydayNames.more).split(separator: "\n"))
    func everyday(path: Substring) {
        #expect(verdict(path) == .allowed)
    }

    @Test(
        "every made-up name with an identifier is refused under its category",
        arguments: NamingCategory.allCases)
    func structured(category: NamingCategory) {
        let names = StructuredCorpus.names(category).split(separator: "\n")

        #expect(names.count >= 8)
        for name in names {
            guard case .refused(let finding) = verdict(name) else {
                Issue.record("not refused: \(name)")
                continue
            }
            #expect(finding.rule.category == category, "\(name)")
        }
    }
}
