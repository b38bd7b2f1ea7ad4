/// No name gets into a log.
enum LoggingRules {
    private static let loggers = ["log", "logger"]
    private static let methods = [
        "trace", "debug", "info", "notice", "warning", "error", "critical", "log", "event",
    ]
    /// Raw values of the program's own enumerations.
    private static let harmless = [
        "code.rawValue", "category.rawValue", "state.rawValue", "origin.rawValue",
    ]

    static func violations(in file: SourceFile) -> [Violation] {
        file.code.indices.flatMap { index in
            calls(in: file.code, at: index).flatMap { check($0, file, index) }
        }
    }

    private static func check(_ call: String, _ file: SourceFile, _ index: Int) -> [Violation] {
        var found: [Violation] = []
        let rest = harmless.reduce(call) { text, word in text.replacing(word, with: "") }
        if rest.contains(".rawValue") {
            found.append(Violation(file, line: index + 1, ".rawValue in a log call"))
        }
        if call.contains("\\(") {
            found.append(Violation(file, line: index + 1, "interpolation in a log call"))
        }
        return found
    }

    /// The calls on a logger that begin in this line, with their arguments up to the closing
    /// parenthesis.
    private static func calls(in code: [String], at index: Int) -> [String] {
        var found: [String] = []
        for logger in loggers {
            for method in methods {
                let call = "\(logger).\(method)("
                for range in code[index].ranges(of: call) {
                    let before = code[index][..<range.lowerBound].last
                    if let before, before.isLetter || before.isNumber || before == "_" { continue }
                    let tail = String(code[index][range.lowerBound...])
                    found.append(arguments(([tail] + code[(index + 1)...].prefix(20))))
                }
            }
        }
        return found
    }

    private static func arguments(_ lines: [String]) -> String {
        var depth = 0
        var text = ""
        for character in lines.joined(separator: "\n") {
            text.append(character)
            if character == "(" { depth += 1 }
            if character == ")" {
                depth -= 1
                if depth == 0 { break }
            }
        }
        return text
    }
}
