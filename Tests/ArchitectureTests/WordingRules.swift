/// Words that do not belong into a finished project.
enum WordingRules {
    /// Split, so that this file does not break its own rule.
    private static let unfinished = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:"]
    private static let machinePaths = [
        "/wo" + "rk/", "/ro" + "ot/", "/opt/sw" + "ift", "/fa" + "rm/",
    ]
    private static let emptyNames = [
        "Manager", "Helper", "Util", "Utils", "Service", "Common", "Impl",
    ]

    static func violations(in file: SourceFile) -> [Violation] {
        file.lines.enumerated().flatMap { index, line in
            (unfinished.filter { line.contains($0) }.map { "unfinished: \($0)" }
                + machinePaths.filter { line.contains($0) }.map { "path of one machine: \($0)" })
                .map { Violation(file, line: index + 1, $0) }
        }
    }

    /// Types whose names say nothing.
    static func emptyNames(in file: SourceFile) -> [Violation] {
        file.code.enumerated().compactMap { index, line in
            let words = line.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            guard let kind = words.firstIndex(where: { typeKinds.contains($0) }),
                kind + 1 < words.count,
                emptyNames.contains(where: { words[kind + 1].hasSuffix($0) })
            else { return nil }
            return Violation(file, line: index + 1, "\(words[kind + 1]): say what it is")
        }
    }

    private static let typeKinds = ["struct", "class", "enum", "actor", "protocol"]
}
