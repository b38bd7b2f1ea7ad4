import ObjectStorage

/// XML as it is sent.
enum S3XML {
    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    /// A key as character data. Control characters go as references, as S3 itself writes them.
    /// - Throws: `invalidRequest` for NUL and the two code points that no XML can hold.
    static func escape(
        _ key: ObjectKey, _ operation: String
    ) throws(ObjectStoreError) -> String {
        var text = ""
        for scalar in key.rawValue.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\u{0}", "\u{FFFE}", "\u{FFFF}":
                throw ObjectStoreError(
                    .invalidRequest, operation: operation,
                    detail: "a key holds a character that XML cannot")
            case "\u{1}"..."\u{1F}": text += "&#\(scalar.value);"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// Protocol text, such as an upload's or a tag's, as character data.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
