private import ObjectStorage

/// A query, encoded and sorted once: what is signed and what is sent come from the same place.
/// Prints as its length, because a value can be a prefix.
package struct SigV4Query: Hashable, Sendable {
    /// For `HTTPURL.encodedQuery`; nil when there are no items. An item without a value has no `=`.
    package let encoded: String?
    /// For the signature: every item has a `=`.
    let canonical: String
    private let items: [EncodedItem]

    /// - Parameter items: names and values as they are meant, not encoded; a name may stand more
    ///   than once. Nil means a name alone, as in `?uploads`.
    package init(_ items: [(name: String, value: String?)] = []) {
        self.init(encoding: items, beside: [])
    }

    private init(encoding added: [(name: String, value: String?)], beside known: [EncodedItem]) {
        let encodedItems = added.map { item in
            EncodedItem(
                name: PercentEncoding.queryComponent(item.name),
                value: item.value.map(PercentEncoding.queryComponent))
        }
        items = (known + encodedItems).sorted()
        canonical = items.map(\.canonical).joined(separator: "&")
        encoded =
            items.isEmpty
            ? nil : items.map { $0.value == nil ? $0.name : $0.canonical }.joined(separator: "&")
    }

    /// The query with more items, not encoded yet.
    func adding(_ added: [(name: String, value: String?)]) -> SigV4Query {
        SigV4Query(encoding: added, beside: items)
    }
}

extension SigV4Query: CustomStringConvertible, CustomReflectable {
    package var description: String { "<query of \(canonical.utf8.count) bytes>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

private struct EncodedItem: Comparable, Hashable, Sendable {
    let name: String
    let value: String?

    var canonical: String { name + "=" + (value ?? "") }

    /// By the bytes of the encoded name, then of the encoded value. All is ASCII here, whose order
    /// as text is that of its bytes.
    static func < (left: EncodedItem, right: EncodedItem) -> Bool {
        (left.name, left.value ?? "") < (right.name, right.value ?? "")
    }
}
