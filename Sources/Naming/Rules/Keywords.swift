/// Words that tell what the number beside them is.
struct Keywords: Sendable {
    /// Letters in lower case; a space stands for any one or two separators or none.
    private let phrases: [[UInt8]]

    /// - Parameter phrases: lower-case ASCII, such as `date of birth`.
    init(_ phrases: [String]) {
        self.phrases = phrases.map { Array($0.utf8) }
    }

    /// Whether a phrase stands before the number that begins at `start`: at most two other words
    /// between them, and up to three letters that belong to the number (`MRN E6613822`).
    func stand(before start: Int, in name: ParsedName) -> Bool {
        let bytes = name.bytes
        for prefix in 0...3 {
            let end = start - prefix
            guard end >= 0 else { break }
            if matchEnds(at: end, in: bytes) { return true }
            guard end > 0, bytes[end - 1].isLetter else { break }
        }
        var end = start
        for _ in 0..<3 {
            while end > 0, !bytes[end - 1].isAlphanumeric, bytes[end - 1] != ParsedName.blank {
                end -= 1
            }
            if matchEnds(at: end, in: bytes) { return true }
            guard end > 0, bytes[end - 1].isLetter else { return false }
            repeat { end -= 1 } while end > 0 && bytes[end - 1].isLetter
        }
        return false
    }

    /// Whether a phrase follows the number that ends at `end`, with separators between only.
    func follow(_ end: Int, in name: ParsedName) -> Bool {
        let bytes = name.bytes
        var start = end
        while start < bytes.count, !bytes[start].isAlphanumeric { start += 1 }
        return phrases.contains { phrase in
            guard let after = matched(phrase, in: bytes, from: start) else { return false }
            return after == bytes.count || !bytes[after].isLetter
                || ParsedName.isWordBorder(bytes, before: after)
        }
    }

    /// Whether a phrase stands around the number, or ends the name of the directory.
    func stand(around range: Range<Int>, in context: RuleContext) -> Bool {
        stand(before: range.lowerBound, in: context.name)
            || follow(range.upperBound, in: context.name) || end(of: context.parent)
    }

    /// Whether the directory's name ends with a phrase, perhaps in the plural.
    func end(of parent: ParsedName?) -> Bool {
        guard let bytes = parent?.bytes else { return false }
        let singular = bytes.last?.lowercased == UInt8(ascii: "s") ? bytes.count - 1 : bytes.count
        return matchEnds(at: bytes.count, in: bytes) || matchEnds(at: singular, in: bytes)
    }

    // MARK: Matching

    private func matchEnds(at end: Int, in bytes: [UInt8]) -> Bool {
        phrases.contains { phrase in
            // Separators make a phrase longer by at most one byte for each of its spaces.
            for length in phraseLengths(phrase) where length <= end {
                let start = end - length
                guard matched(phrase, in: bytes, from: start) == end else { continue }
                if start == 0 || !bytes[start - 1].isLetter
                    || ParsedName.isWordBorder(bytes, before: start)
                {
                    return true
                }
            }
            return false
        }
    }

    private func phraseLengths(_ phrase: [UInt8]) -> ClosedRange<Int> {
        let spaces = phrase.count { $0 == UInt8(ascii: " ") }
        return (phrase.count - spaces)...(phrase.count + spaces)
    }

    /// Where the phrase ends that begins at `start`.
    private func matched(_ phrase: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        for letter in phrase {
            if letter == UInt8(ascii: " ") {
                var skipped = 0
                while skipped < 2, index < bytes.count, !bytes[index].isAlphanumeric,
                    bytes[index] != ParsedName.blank
                {
                    index += 1
                    skipped += 1
                }
            } else {
                guard index < bytes.count, bytes[index].lowercased == letter else { return nil }
                index += 1
            }
        }
        return index
    }
}
