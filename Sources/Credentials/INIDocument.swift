/// A file of `[section]` and `name = value` lines, as the AWS tools write them.
///
/// Lines that begin with `#` or `;` are comments. Indented lines belong to the value above (nested
/// settings such as `s3 =`), and are skipped. Names are compared in lower case. Anything else is an
/// error: a setting that is not understood must not be passed over.
/// Source: AWS CLI User Guide, "Configuration and credential file settings".
struct INIDocument: Sendable {
    /// Names and values by section; sections of one name are joined.
    private(set) var sections: [String: [String: String]] = [:]

    /// - Parameter file: what to call the file in an error.
    /// - Throws: `invalid`, with the line's number.
    init(_ text: String, file: String) throws(CredentialError) {
        var section: String?
        var canContinue = false
        let body = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        let lines = body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let content = Self.trimmed(line)
            guard let first = content.first, first != "#", first != ";" else { continue }
            let isIndented = line.first.map { $0 == " " || $0 == "\t" } ?? false
            if isIndented, canContinue { continue }
            if first == "[" {
                guard content.last == "]" else { throw Self.fault(file, index) }
                let name = String(Self.trimmed(content.dropFirst().dropLast()))
                section = name
                sections[name, default: [:]].merge([:]) { old, _ in old }
                canContinue = false
                continue
            }
            guard let section, let separator = content.firstIndex(where: { $0 == "=" || $0 == ":" })
            else { throw Self.fault(file, index) }
            let name = Self.trimmed(content[..<separator]).lowercased()
            guard !name.isEmpty, sections[section]?[name] == nil else {
                throw Self.fault(file, index)
            }
            let value = Self.trimmed(content[content.index(after: separator)...])
            sections[section]?[name] = String(value)
            canContinue = true
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }),
            let last = text.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return text[first...last]
    }

    private static func fault(_ file: String, _ index: Int) -> CredentialError {
        CredentialError(.invalid, detail: "\(file), line \(index + 1), is not understood")
    }
}
