package import LocalDisk
import ObjectStorage

/// What tells a file's versions apart.
package struct FileStamp: Hashable, Sendable {
    let inode: UInt64
    let size: UInt64
    let modified: Timestamp

    init(_ status: DiskStatus) {
        inode = status.inode
        size = status.size
        modified = status.modified
    }
}

/// A file that credentials came from; `stamp` is nil where it was absent.
package struct WatchedFile: Hashable, Sendable {
    let path: String
    let stamp: FileStamp?
}

/// Reads the small files that configure credentials, on threads that may block.
package struct CredentialFiles: Sendable {
    private let disk: any Disk
    private let executor: BlockingExecutor

    /// Bytes of a configuration or token file.
    private static let limit = 1 << 20

    package init(disk: any Disk, executor: BlockingExecutor) {
        self.disk = disk
        self.executor = executor
    }

    /// A file's content and state; nil when there is none.
    /// - Throws: `invalid`.
    func read(_ path: String) async throws(CredentialError) -> CredentialFile? {
        let disk = disk
        do throws(DiskError) {
            return try await executor.run { () throws(DiskError) -> CredentialFile in
                let file = try disk.openFile(path: path)
                let status = try disk.status(of: file)
                let bytes = try disk.contents(of: file, atMost: Self.limit)
                return CredentialFile(bytes: bytes, status: status)
            }
        } catch {
            if error.code == .notFound || error.code == .notADirectory { return nil }
            throw CredentialError(
                .invalid, detail: "a configuration or token file cannot be read: \(error)")
        }
    }

    /// Whether any of the files is another one, or newer, than it was.
    func haveChanged(_ files: [WatchedFile]) async -> Bool {
        guard !files.isEmpty else { return false }
        let disk = disk
        return await executor.run { () -> Bool in
            files.contains { watched in
                do throws(DiskError) {
                    let file = try disk.openFile(path: watched.path)
                    return try FileStamp(disk.status(of: file)) != watched.stamp
                } catch {
                    // Absent, or not to be read: reading it again tells more.
                    return watched.stamp != nil
                }
            }
        }
    }
}

/// A file as it was read.
struct CredentialFile: Sendable {
    let bytes: [UInt8]
    let status: DiskStatus

    var stamp: FileStamp { FileStamp(status) }

    /// The text, or nil when it is no UTF-8.
    var text: String? { String(validating: bytes, as: UTF8.self) }

    /// Whether every user of the machine may read it.
    var isReadableByAll: Bool { status.kind == .file && status.permissions & 0o004 != 0 }

    /// Whether others than its owner may change it. What is written to a device such as /dev/null
    /// is never read again.
    var isWritableByOthers: Bool { status.kind == .file && status.permissions & 0o022 != 0 }
}
