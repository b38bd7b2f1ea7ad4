/// What happens to names in which a rule finds something.
package enum GuardMode: String, CaseIterable, Sendable {
    /// Nothing is looked for.
    case off
    /// The name is made and the finding counted.
    case audit
    /// The name is made and a warning logged.
    case warn
    /// The name is not made.
    case refuse
}

/// The mode of each category.
package struct NamingPolicy: Hashable, Sendable {
    /// For categories without a mode of their own.
    package var mode: GuardMode
    /// Modes of single categories.
    package var exceptions: [NamingCategory: GuardMode]

    /// - Parameter mode: for all categories that `exceptions` does not name.
    package init(mode: GuardMode = .refuse, exceptions: [NamingCategory: GuardMode] = [:]) {
        self.mode = mode
        self.exceptions = exceptions
    }

    /// The mode that holds for findings of this category.
    package func mode(for category: NamingCategory) -> GuardMode {
        exceptions[category] ?? mode
    }

    /// Whether no name is looked at.
    var isOff: Bool {
        mode == .off && exceptions.values.allSatisfy { $0 == .off }
    }
}
