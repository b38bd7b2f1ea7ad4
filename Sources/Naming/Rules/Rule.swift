/// Looks for one kind of identifier in a name.
protocol Rule: Sendable {
    /// The first match, or nil.
    func match(in context: RuleContext) -> Match?
}

/// What a rule sees.
struct RuleContext {
    let name: ParsedName
    /// The directory that the name stands in.
    let parent: ParsedName?
}

/// A rule's hit: where, in the bytes of the parsed name.
struct Match {
    let rule: NamingRule
    let range: Range<Int>
}
