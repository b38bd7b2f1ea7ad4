/// Files, lines and functions that a person can take in.
enum SizeRules {
    static let fileLines = 400
    static let lineColumns = 100
    static let functionLines = 60

    static func violations(in file: SourceFile) -> [Violation] {
        var found: [Violation] = []
        // A file's text ends with a line feed: the last element is empty.
        if file.lines.count - 1 > fileLines {
            found.append(Violation(file, line: fileLines, "longer than \(fileLines) lines"))
        }
        for (index, line) in file.lines.enumerated() where line.count > lineColumns {
            found.append(Violation(file, line: index + 1, "longer than \(lineColumns) columns"))
        }
        for start in file.code.indices where beginsFunction(file.code[start]) {
            let count = bodyEnd(in: file, from: start) - start + 1
            if count > functionLines {
                found.append(
                    Violation(file, line: start + 1, "function longer than \(functionLines) lines"))
            }
        }
        return found
    }

    private static func beginsFunction(_ line: String) -> Bool {
        let words = line.split { " (<".contains($0) }
        return words.contains("func")
            || words.contains("init") && line.contains("init(")
                && !line.contains(".init(")
            || words.first == "deinit"
    }

    /// The line of the brace that closes the first one at or after `start`; `start` when a
    /// declaration has no body.
    private static func bodyEnd(in file: SourceFile, from start: Int) -> Int {
        var depth = 0
        var parentheses = 0
        for index in start..<file.code.count {
            for character in file.code[index] {
                switch character {
                case "(": parentheses += 1
                case ")": parentheses -= 1
                case "{" where parentheses == 0 || depth > 0: depth += 1
                case "}":
                    if depth <= 1 { return index }
                    depth -= 1
                default: break
                }
            }
            let next = index + 1 < file.code.count ? file.code[index + 1] : ""
            if depth == 0, parentheses == 0, !continues(next) { return index }
        }
        return file.code.count - 1
    }

    /// Whether a line goes on with a signature: `) throws -> Int {`, `where T: P {`, `{`.
    private static func continues(_ line: String) -> Bool {
        let trimmed = line.drop { $0 == " " }
        return [")", "{", "where ", "->", "throws", "async"].contains { trimmed.hasPrefix($0) }
    }
}
