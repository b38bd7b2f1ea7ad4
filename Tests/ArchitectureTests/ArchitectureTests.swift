import Testing

/// The house rules, held against the whole source tree.
@Suite struct ArchitectureTests {
    private let sources: [SourceFile]
    private let tests: [SourceFile]

    init() throws {
        sources = try SourceTree.swiftFiles(in: "Sources")
        tests = try SourceTree.swiftFiles(in: "Tests")
        try #require(sources.count > 30)
        try #require(!tests.isEmpty)
    }

    private func expectNone(_ violations: [Violation]) {
        for violation in violations { Issue.record("\(violation)") }
    }

    @Test("layers import only what stands below them")
    func layers() throws {
        let declared = LayerRules.declaredImports(try SourceTree.file("Package.swift"))

        #expect(declared.count > 10)
        #expect(LayerRules.violations(declared: declared) == [])
        expectNone(sources.flatMap { LayerRules.violations(in: $0, declared: declared) })
    }

    @Test("files, lines and functions stay short")
    func sizes() {
        expectNone((sources + tests).flatMap(SizeRules.violations))
    }

    @Test("no call hides a failure, the time or a print")
    func bannedCalls() {
        expectNone(sources.flatMap(BannedCallRules.violations))
        expectNone(tests.flatMap(BannedCallRules.violationsInTests))
    }

    @Test("unsafe code says why it is safe")
    func unsafety() {
        expectNone(sources.flatMap(UnsafetyRules.violations))
    }

    @Test("no raw value and no interpolation gets into a log call")
    func logging() {
        expectNone(sources.flatMap(LoggingRules.violations))
    }

    @Test("every package declaration has a doc comment")
    func documentation() {
        let requirements = DocumentationRules.requirements(of: sources)

        expectNone(
            sources.flatMap { DocumentationRules.violations(in: $0, requirements: requirements) })
    }

    @Test("nothing is unfinished, bound to one machine or named for nothing")
    func wording() throws {
        let others = try SourceTree.otherFiles(in: "Sources", "Tests", "packaging", ".ci")

        expectNone((sources + tests + others).flatMap(WordingRules.violations))
        expectNone(sources.flatMap(WordingRules.emptyNames))
    }
}
