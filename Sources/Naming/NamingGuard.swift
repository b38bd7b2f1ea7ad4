/// Judges whether a new name may be made, or looks like it identifies a patient.
///
/// Pure and immutable: may be called from any thread. Every step is linear in the name's length,
/// so no name can stall it; a name has 255 bytes at most when it comes from the kernel.
package struct NamingGuard: Sendable {
    private let policy: NamingPolicy
    private let rules: [any Rule]

    /// All rules, with the policy's modes.
    package init(policy: NamingPolicy) {
        self.policy = policy
        rules = Self.allRules
    }

    /// In the order in which they are asked; the first hit names the finding.
    static let allRules: [any Rule] = [
        SocialSecurityRule(), TaxpayerRule(), MedicareBeneficiaryRule(), PaymentCardRule(),
        EmailRule(), BirthDateRule(), MedicalRecordRule(),
    ]

    /// Judges one new path component. The strictest mode among the findings wins.
    /// - Parameters:
    ///   - name: the component itself, without "/".
    ///   - parents: the names of the directories above it, outermost first; the last one may hold
    ///     the keyword that makes a number telling (`mrn/12345678.pdf`).
    package func judge(_ name: String, parents: [String]) -> Verdict {
        guard !policy.isOff else { return .allowed }
        let text = NameText(name)
        guard text.canIdentify, !MachineName.matches(text) else { return .allowed }
        let context = RuleContext(
            name: ParsedName(text), parent: parents.last.map { ParsedName(NameText($0)) })
        var verdict = Verdict.allowed
        for rule in rules {
            guard let match = rule.match(in: context) else { continue }
            let finding = Finding(
                rule: match.rule, span: text.originalSpan(of: match.range),
                shape: Shape.squeezed(text))
            switch policy.mode(for: match.rule.category) {
            case .refuse: return .refused(finding)
            case .warn:
                if case .warned = verdict { continue }
                verdict = .warned(finding)
            case .audit: if verdict == .allowed { verdict = .audited(finding) }
            case .off: continue
            }
        }
        return verdict
    }
}
