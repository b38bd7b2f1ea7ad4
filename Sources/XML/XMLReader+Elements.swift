// Reading by structure: how the S3 and STS answers are read.
//
//     var xml = try XMLReader(body)
//     try xml.enterRoot("ListBucketResult")
//     while let name = try xml.nextChild() {
//         switch name {
//         case "IsTruncated": truncated = try xml.text() == "true"
//         default: try xml.skip()
//         }
//     }
//     try xml.finish()
extension XMLReader {
    /// Enters the root element.
    /// - Returns: its name.
    /// - Throws: any code but `unexpected`.
    package mutating func enterRoot() throws(XMLError) -> String {
        guard depth == 0, case .start(let name)? = try next() else {
            throw XMLError(.malformed, offset: position)
        }
        return name
    }

    /// Enters the root element, which must have this name.
    /// - Throws: `unexpected` for another name.
    package mutating func enterRoot(_ expected: String) throws(XMLError) {
        guard try enterRoot() == expected else { throw XMLError(.unexpected, offset: position) }
    }

    /// Enters the next child of the current element. Each child that was entered must be left by
    /// `text`, `skip` or a `nextChild` that gave nil before this is called again.
    /// - Returns: the child's name; nil when the current element ended, which leaves it.
    /// - Throws: `unexpected` when there is text other than white space.
    package mutating func nextChild() throws(XMLError) -> String? {
        while let event = try next() {
            switch event {
            case .start(let name): return name
            case .end: return nil
            case .text(let text):
                guard text.utf8.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) else {
                    throw XMLError(.unexpected, offset: position)
                }
            }
        }
        return nil
    }

    /// The text of the element that was entered last, and leaves it. Empty when there is none.
    /// - Throws: `unexpected` when it has a child.
    package mutating func text() throws(XMLError) -> String {
        var content = ""
        while let event = try next() {
            switch event {
            case .text(let text): content = text
            case .end: return content
            case .start: throw XMLError(.unexpected, offset: position)
            }
        }
        throw XMLError(.unexpected, offset: position)
    }

    /// Leaves the element that was entered last, with all that is in it.
    package mutating func skip() throws(XMLError) {
        let target = depth - 1
        while depth > target || target < 0 {
            guard try next() != nil else { return }
        }
    }

    /// Checks that nothing but white space and comments stands behind the root.
    /// - Throws: `unexpected` inside an element, `malformed` for anything else.
    package mutating func finish() throws(XMLError) {
        guard depth == 0 else { throw XMLError(.unexpected, offset: position) }
        _ = try next()
    }
}
