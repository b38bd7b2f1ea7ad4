/// A layer's API explains itself.
enum DocumentationRules {
    private static let kinds = [
        "func", "struct", "class", "enum", "actor", "protocol", "typealias",
    ]

    /// - Parameter requirements: names of functions that a documented protocol asks for, whose
    ///   implementations need no second description.
    static func violations(in file: SourceFile, requirements: Set<String>) -> [Violation] {
        file.code.indices.compactMap { index in
            guard let name = declaredName(file.code[index]), !requirements.contains(name),
                !isDocumented(file, at: index)
            else { return nil }
            return Violation(file, line: index + 1, "package declaration without /// comment")
        }
    }

    /// The names of the functions that protocols of these files declare.
    static func requirements(of files: [SourceFile]) -> Set<String> {
        // Of the standard library's and swift-log's protocols; `Code` is what every error has.
        var names: Set<String> = ["hash", "encode", "==", "<", "next", "log", "Code"]
        for file in files {
            var inside = false
            for line in file.code {
                if line.contains("protocol ") && line.contains("{") { inside = true }
                if line.hasPrefix("}") { inside = false }
                let words = line.split { " (<".contains($0) }
                if inside, words.first == "func", words.count > 1 { names.insert(String(words[1])) }
            }
        }
        return names
    }

    private static func declaredName(_ line: String) -> String? {
        let words = line.split { " (<:".contains($0) }.map(String.init)
        guard let access = words.firstIndex(of: "package"), access <= 3, words.first != "import",
            !words.prefix(access + 2).contains("import")
        else { return nil }
        guard let kind = words.dropFirst(access).firstIndex(where: { kinds.contains($0) }),
            kind - access <= 4, kind + 1 < words.count
        else {
            let operators = ["==", "<"].first { line.contains("func \($0) ") }
            return operators
        }
        if line.contains("func < ") { return "<" }
        return words[kind + 1]
    }

    private static func isDocumented(_ file: SourceFile, at index: Int) -> Bool {
        var line = index - 1
        while line >= 0 {
            let text = file.lines[line].drop { $0 == " " }
            if text.hasPrefix("///") { return true }
            // Attributes, and plain comments, may stand between.
            guard text.hasPrefix("@") || text.hasPrefix("//") else { return false }
            line -= 1
        }
        return false
    }
}
