/// Everything that the compiler cannot check says why it is right.
enum UnsafetyRules {
    /// A reason stands this many lines above its code at most.
    private static let reach = 15

    static func violations(in file: SourceFile) -> [Violation] {
        unexplainedUnsafe(in: file) + unexplainedEscapes(in: file)
    }

    /// One for each top-level declaration with unsafe code and no reason in it. A reason in the
    /// file's head, before its first declaration, holds for all of the file.
    private static func unexplainedUnsafe(in file: SourceFile) -> [Violation] {
        var found: [Violation] = []
        if head(of: file).contains(where: { $0.contains("SAFETY:") }) { return [] }
        var explainedUpTo = 0
        for (index, line) in file.code.enumerated() where index >= explainedUpTo {
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "@" }
            guard words.contains("unsafe"), !line.contains("nonisolated(unsafe)") else { continue }
            let declaration = declaration(in: file, around: index)
            explainedUpTo = declaration.upperBound
            if !file.lines[declaration].contains(where: { $0.contains("SAFETY:") }) {
                found.append(Violation(file, line: index + 1, "unsafe without a SAFETY: comment"))
            }
        }
        return found
    }

    private static func unexplainedEscapes(in file: SourceFile) -> [Violation] {
        var found: [Violation] = []
        for (index, line) in file.code.enumerated() {
            for escape in ["@unchecked Sendable", "nonisolated(unsafe)"]
            where line.contains(escape) && !isExplained(file, at: index, by: "//") {
                found.append(
                    Violation(file, line: index + 1, "\(escape) without a comment on its lock"))
            }
        }
        return found
    }

    /// The imports and comments at the top, without the first declaration's own comment.
    private static func head(of file: SourceFile) -> ArraySlice<String> {
        let top = file.lines.prefix { line in
            line.isEmpty || line.hasPrefix("//") && !line.hasPrefix("///")
                || line.split(separator: " ").prefix(2).contains("import")
        }
        return top.prefix(top.lastIndex(of: "") ?? 0)
    }

    /// Whether a mark stands in the last lines above.
    private static func isExplained(
        _ file: SourceFile, at index: Int, by mark: String
    ) -> Bool {
        file.lines[max(0, index - reach)...index].contains { $0.contains(mark) }
    }

    /// The lines of the top-level declaration around a line, with its comment.
    private static func declaration(in file: SourceFile, around index: Int) -> Range<Int> {
        let ends = file.code.indices.filter { file.code[$0].hasPrefix("}") }
        let start = ends.last { $0 < index }.map { $0 + 1 } ?? 0
        let end = ends.first { $0 >= index } ?? file.code.count - 1
        return start..<(end + 1)
    }
}
