/// What kind of identifier a rule looks for.
/// Source: 45 CFR 164.514(b)(2)(i), the Safe Harbor list; letters in brackets.
package enum NamingCategory: String, CaseIterable, Sendable {
    /// Social Security number (G).
    case socialSecurity
    /// Individual taxpayer number (R).
    case taxpayer
    /// Medicare beneficiary identifier (I).
    case medicareBeneficiary
    /// Medical record number (H).
    case medicalRecord
    /// Date of birth (C).
    case birthDate
    /// E-mail address (F).
    case email
    /// Payment card number (J).
    case paymentCard
}

/// A rule of the guard, as logs and documents name it.
package struct NamingRule: Hashable, Sendable {
    /// Such as `ssn.keyword`. Never changes once released.
    package let id: String
    /// What it looks for.
    package let category: NamingCategory

    /// - Parameter id: lower-case words with dots.
    package init(_ id: String, _ category: NamingCategory) {
        self.id = id
        self.category = category
    }
}

/// What a rule found in a name. Holds nothing of the name's content: all of it may be logged.
package struct Finding: Hashable, Sendable {
    /// The rule that matched.
    package let rule: NamingRule
    /// Where, in bytes of the name's UTF-8.
    package let span: Range<Int>
    /// The name with each run of letters or digits squeezed to one, such as `Aa_9-9-9.ext`.
    package let shape: String
}

/// The guard's answer for one name.
package enum Verdict: Hashable, Sendable {
    /// Nothing was found, or the policy has that rule's category off.
    case allowed
    /// The name must not be made: EPERM.
    case refused(Finding)
    /// The name may be made; the finding is worth a warning.
    case warned(Finding)
    /// The name may be made; the finding is counted.
    case audited(Finding)
}
