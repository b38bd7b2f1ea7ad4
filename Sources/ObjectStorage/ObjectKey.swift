/// The name of an object in its bucket: UTF-8, 1 to 1,024 bytes.
///
/// Two keys are equal when their bytes are: unlike `String`, a key never treats two Unicode
/// spellings of one text as the same object. Keys sort by bytes, as S3 lists them.
///
/// A key may hold patient data: it prints as its length only. `rawValue` must not reach a log.
/// Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
package struct ObjectKey: Sendable {
    /// The longest key that S3 takes, in bytes.
    package static let maximumLength = 1024

    /// The key as sent to the store. Never log it.
    package let rawValue: String

    /// Wraps a key without checking its length: `isStorable` tells whether S3 takes it.
    package init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    /// Whether the key has 1 to 1,024 bytes.
    package var isStorable: Bool {
        (1...Self.maximumLength).contains(rawValue.utf8.count)
    }
}

extension ObjectKey: Hashable, Comparable {
    package static func == (left: ObjectKey, right: ObjectKey) -> Bool {
        left.rawValue.utf8.elementsEqual(right.rawValue.utf8)
    }

    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(utf8: rawValue)
    }
}

extension Hasher {
    /// Feeds a text's bytes, eight at a time: unlike `combine(text)`, without Unicode
    /// normalisation.
    package mutating func combine(utf8 text: String) {
        var word: UInt64 = 0
        var count = 0
        for byte in text.utf8 {
            word = word << 8 | UInt64(byte)
            count += 1
            if count % 8 == 0 { combine(word) }
        }
        combine(word)
        combine(count)
    }
}

extension ObjectKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<key of \(rawValue.utf8.count) bytes>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
