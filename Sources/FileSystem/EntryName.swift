internal import ObjectStorage

/// One component of a path: 1 to 255 bytes of UTF-8 without "/" and NUL, neither "." nor "..".
///
/// Compares by bytes, so that two Unicode spellings of a text are two names. Prints redacted: it
/// may be patient data.
package struct EntryName: Sendable {
    /// NAME_MAX, in bytes.
    package static let maximumLength = 255

    /// The name as the kernel gave it. Never log it.
    package let rawValue: String

    /// - Throws: `nameTooLong` (ENAMETOOLONG), `invalidArgument` (EINVAL).
    package init(_ text: String) throws(FileSystemError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw FileSystemError(.nameTooLong, "name")
        }
        guard let name = EntryName(listed: text) else {
            throw FileSystemError(.invalidArgument, "name")
        }
        self = name
    }

    /// A component of a listed key.
    /// - Returns: nil when no file can have that name.
    package init?(listed text: String) {
        let bytes = text.utf8
        guard (1...Self.maximumLength).contains(bytes.count), text != ".", text != "..",
            !bytes.contains(UInt8(ascii: "/")), !bytes.contains(0)
        else { return nil }
        rawValue = text
    }
}

extension EntryName: Hashable, CustomStringConvertible, CustomReflectable {
    package static func == (left: EntryName, right: EntryName) -> Bool {
        left.rawValue.utf8.elementsEqual(right.rawValue.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(utf8: rawValue)
    }

    package var description: String { "<name of \(rawValue.utf8.count) bytes>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
