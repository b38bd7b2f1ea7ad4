/// Swift source without comments and string contents, line by line, so that rules see code only.
enum CodeView {
    static func code(of text: String) -> [String] {
        var view = Scanner(Array(text.utf8))
        view.scanCode(until: nil)
        return String(decoding: view.output, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private struct Scanner {
        let input: [UInt8]
        var output: [UInt8] = []
        var index = 0

        init(_ input: [UInt8]) {
            self.input = input
        }

        /// Copies code up to the end or the closing parenthesis that `until` stands for.
        mutating func scanCode(until closing: UInt8?) {
            var depth = 0
            while index < input.count {
                let byte = input[index]
                if starts(with: "//") {
                    while index < input.count, input[index] != UInt8(ascii: "\n") { blank() }
                } else if starts(with: "/*") {
                    scanBlockComment()
                } else if byte == UInt8(ascii: "\"") || (byte == UInt8(ascii: "#") && isRawString) {
                    scanString()
                } else {
                    if byte == UInt8(ascii: "(") { depth += 1 }
                    if byte == closing {
                        if depth == 0 { return }
                        depth -= 1
                    }
                    copy()
                }
            }
        }

        private mutating func scanBlockComment() {
            var depth = 0
            repeat {
                if starts(with: "/*") {
                    depth += 1
                    blank(2)
                } else if starts(with: "*/") {
                    depth -= 1
                    blank(2)
                } else {
                    blank()
                }
            } while depth > 0 && index < input.count
        }

        private mutating func scanString() {
            var hashes = 0
            while input[index] == UInt8(ascii: "#") {
                hashes += 1
                copy()
            }
            let quotes = starts(with: "\"\"\"") ? "\"\"\"" : "\""
            let end = quotes + String(repeating: "#", count: hashes)
            let escape = "\\" + String(repeating: "#", count: hashes)
            copy(quotes.utf8.count)
            while index < input.count, !starts(with: end) {
                if starts(with: escape + "(") {
                    copy(escape.utf8.count + 1)
                    scanCode(until: UInt8(ascii: ")"))
                    if index < input.count { copy() }
                } else if starts(with: escape) {
                    blank(escape.utf8.count + 1)
                } else {
                    blank()
                }
            }
            copy(end.utf8.count)
        }

        private var isRawString: Bool {
            let rest = input[index...].drop { $0 == UInt8(ascii: "#") }
            return rest.first == UInt8(ascii: "\"")
        }

        private func starts(with text: String) -> Bool {
            input[index...].starts(with: text.utf8)
        }

        private mutating func copy(_ count: Int = 1) {
            for _ in 0..<count where index < input.count {
                output.append(input[index])
                index += 1
            }
        }

        private mutating func blank(_ count: Int = 1) {
            for _ in 0..<count where index < input.count {
                output.append(input[index] == UInt8(ascii: "\n") ? input[index] : UInt8(ascii: " "))
                index += 1
            }
        }
    }
}
