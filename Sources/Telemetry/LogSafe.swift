package import ObjectStorage

/// A type whose description may stand in a log: it holds no name, path, content or secret, or
/// prints them redacted.
///
/// `String` does not conform, on purpose: nobody can tell what is in one.
package protocol LogSafe: CustomStringConvertible, Sendable {}

extension Int: LogSafe {}
extension Int32: LogSafe {}
extension Int64: LogSafe {}
extension UInt16: LogSafe {}
extension UInt32: LogSafe {}
extension UInt64: LogSafe {}
extension Bool: LogSafe {}
extension Double: LogSafe {}
extension StaticString: LogSafe {}
extension Duration: LogSafe {}
extension ObjectKey: LogSafe {}
extension ObjectStoreError: LogSafe {}

/// Words of the program's own that are no `StaticString`: the name of an enumeration's case, an
/// operation's name, an id that this program made. Whoever makes one vouches that no part of it
/// came from a file name, a path, a key or a credential.
package struct LogWord: LogSafe {
    /// The words as printed.
    package let description: String

    /// - Parameter vouchedFor: text of this program's own source or making.
    package init(_ vouchedFor: String) {
        description = vouchedFor
    }
}
