private import Glibc
package import LocalDisk

/// A directory of mode 0700 that goes with its owner, with everything in it.
package final class TemporaryDirectory: Sendable {
    package let path: String

    /// - Throws: when there is no room for it.
    package init() throws(DiskError) {
        // The real path: `/tmp` may be a link.
        var template = Array("/tmp/wardfs-test-XXXXXX".utf8CString)
        // SAFETY: mkdtemp(3) changes the template's last characters in place.
        let made = unsafe template.withUnsafeMutableBufferPointer {
            unsafe $0.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        guard made else { throw DiskError(errno: errno, operation: .makeDirectory) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.removeContent(of: path)
        _ = unsafe rmdir(path)
    }

    /// Opened.
    package func open() throws(DiskError) -> DiskDirectory {
        try POSIXDisk().openDirectory(path: path)
    }

    /// The names in it.
    package func names() throws(DiskError) -> [String] {
        var names: [String] = []
        try POSIXDisk().list(open()) { entry in
            names.append(entry.name)
            return true
        }
        return names.sorted()
    }

    private static func removeContent(of path: String) {
        var entries: [DiskEntry] = []
        do {
            let directory = try POSIXDisk().openDirectory(path: path)
            try POSIXDisk().list(directory) { entry in
                entries.append(entry)
                return true
            }
        } catch {
            // What cannot be listed stays behind in the temporary directory.
            return
        }
        for entry in entries {
            let inner = path + "/" + entry.name
            if entry.kind == .directory {
                removeContent(of: inner)
                _ = unsafe rmdir(inner)
            } else {
                _ = unsafe Glibc.unlink(inner)
            }
        }
    }
}
