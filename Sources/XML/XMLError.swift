/// Why a document was not read.
package struct XMLError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// The bytes are no UTF-8, or the declaration names another encoding.
        case notUTF8
        /// The text breaks the grammar.
        case malformed
        /// The document ends inside an element.
        case truncated
        /// A DOCTYPE, a processing instruction, or an entity other than the five predefined ones.
        case forbidden
        /// One of `XMLLimits` is exceeded.
        case tooLarge
        /// Well-formed, but not what the caller reads: text where an element was due, or the
        /// reverse.
        case unexpected
    }

    package let code: Code
    /// Where it was seen: bytes from the document's beginning.
    package let offset: Int

    package init(_ code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }
}

/// Bounds that a document from a server must keep.
package struct XMLLimits: Hashable, Sendable {
    /// Bytes of the document. A listing of 1,000 keys of 1,024 percent-encoded bytes has 3.3 MB.
    package var documentLength = 16 << 20
    /// Elements open at once. S3's deepest answer has 6.
    package var depth = 32
    /// Bytes of an element's or attribute's name. S3's longest is below 40.
    package var nameLength = 128
    /// Bytes of one element's text.
    package var textLength = 1 << 20
    /// Attributes of one element.
    package var attributeCount = 32

    package init() {}
}
