package import ObjectStorage

/// What `stat(2)` tells of a file.
package struct FileAttributes: Hashable, Sendable {
    package var kind: FileKind
    /// The twelve permission bits.
    package var permissions: UInt32
    package var uid: UInt32
    package var gid: UInt32
    /// Bytes.
    package var size: UInt64
    package var modified: Timestamp
    package var accessed: Timestamp
    package var changed: Timestamp

    package init(
        kind: FileKind, permissions: UInt32, uid: UInt32, gid: UInt32, size: UInt64,
        modified: Timestamp
    ) {
        self.kind = kind
        self.permissions = permissions & 0o7777
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
        self.accessed = modified
        self.changed = modified
    }

    /// `st_mode`.
    package var mode: UInt32 { kind.modeBits | permissions }
}

/// A change that `setattr` asks for; nil leaves a value as it is.
package struct AttributeChange: Hashable, Sendable {
    package var permissions: UInt32?
    package var uid: UInt32?
    package var gid: UInt32?
    package var size: UInt64?
    package var accessed: Timestamp?
    package var modified: Timestamp?

    package init(
        permissions: UInt32? = nil, uid: UInt32? = nil, gid: UInt32? = nil, size: UInt64? = nil,
        accessed: Timestamp? = nil, modified: Timestamp? = nil
    ) {
        self.permissions = permissions
        self.uid = uid
        self.gid = gid
        self.size = size
        self.accessed = accessed
        self.modified = modified
    }

    /// Applies all but the size.
    func apply(to attributes: inout FileAttributes, now: Timestamp) {
        if let permissions { attributes.permissions = permissions & 0o7777 }
        if let uid { attributes.uid = uid }
        if let gid { attributes.gid = gid }
        if let accessed { attributes.accessed = accessed }
        if let modified { attributes.modified = modified }
        attributes.changed = now
    }
}
