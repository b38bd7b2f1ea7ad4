package import LocalDisk
package import ObjectStorage
private import Synchronization

/// A disk that fails where a test says so, and counts the calls.
package final class FaultyDisk: Disk {
    /// What goes wrong.
    package struct Fault: Sendable {
        /// Nil for a call of any kind.
        package var operation: DiskOperation?
        /// Calls of that kind that still work.
        package var after: Int
        /// The errno to fail with.
        package var errno: Int32
        /// Whether every later call fails too.
        package var stays: Bool
        /// For a write: whether half of the bytes reach the disk.
        package var tears: Bool

        package init(
            _ operation: DiskOperation?, after: Int, errno: Int32, stays: Bool = false,
            tears: Bool = false
        ) {
            self.operation = operation
            self.after = after
            self.errno = errno
            self.stays = stays
            self.tears = tears
        }
    }

    private struct State {
        var fault: Fault?
        var matching = 0
        var counts: [DiskOperation: Int] = [:]
        var hooks: [DiskOperation: @Sendable () -> Void] = [:]
    }

    private let base: any Disk
    private let state = Mutex(State())

    package init(_ base: any Disk = POSIXDisk()) {
        self.base = base
    }

    /// Sets what goes wrong from now on; nil for nothing. Counts of matching calls begin anew.
    package func inject(_ fault: Fault?) {
        state.withLock {
            $0.fault = fault
            $0.matching = 0
        }
    }

    /// Runs `body` in the middle of the next call of a kind, before the disk hears of it: what
    /// another thread would do just then.
    package func beforeNext(_ operation: DiskOperation, _ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.hooks[operation] = body }
    }

    /// Calls of a kind so far.
    package func count(of operation: DiskOperation) -> Int {
        state.withLock { $0.counts[operation, default: 0] }
    }

    /// All calls so far.
    package var callCount: Int {
        state.withLock { $0.counts.values.reduce(0, +) }
    }

    /// Calls that matched the fault since it was injected.
    package var matchingCount: Int { state.withLock { $0.matching } }

    private func check(_ operation: DiskOperation) throws(DiskError) {
        if let fault = next(operation) {
            throw DiskError(errno: fault.errno, operation: operation)
        }
    }

    private func next(_ operation: DiskOperation) -> Fault? {
        if let hook = state.withLock({ $0.hooks.removeValue(forKey: operation) }) { hook() }
        return state.withLock { state -> Fault? in
            state.counts[operation, default: 0] += 1
            guard let fault = state.fault, fault.operation ?? operation == operation else {
                return nil
            }
            state.matching += 1
            let due = state.matching - 1 - fault.after
            return due == 0 || (due > 0 && fault.stays) ? fault : nil
        }
    }
}

extension FaultyDisk {
    package func openDirectory(path: String) throws(DiskError) -> DiskDirectory {
        try check(.open)
        return try base.openDirectory(path: path)
    }

    package func openDirectory(
        _ name: String, in directory: DiskDirectory
    ) throws(DiskError) -> DiskDirectory {
        try check(.open)
        return try base.openDirectory(name, in: directory)
    }

    package func openFile(
        _ name: String, in directory: DiskDirectory, _ mode: OpenMode
    ) throws(DiskError) -> DiskFile {
        try check(.open)
        return try base.openFile(name, in: directory, mode)
    }

    package func openFile(path: String) throws(DiskError) -> DiskFile {
        try check(.open)
        return try base.openFile(path: path)
    }

    package func read(
        _ file: DiskFile, at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(DiskError) {
        try check(.read)
        try base.read(file, at: offset, into: &output)
    }

    package func write(
        _ bytes: Span<UInt8>, to file: DiskFile, at offset: UInt64
    ) throws(DiskError) {
        if let fault = next(.write) {
            if fault.tears {
                try base.write(bytes.extracting(first: bytes.count / 2), to: file, at: offset)
            }
            throw DiskError(errno: fault.errno, operation: .write)
        }
        try base.write(bytes, to: file, at: offset)
    }

    package func synchronize(_ file: DiskFile) throws(DiskError) {
        try check(.synchronize)
        try base.synchronize(file)
    }

    package func synchronize(_ directory: DiskDirectory) throws(DiskError) {
        try check(.synchronizeDirectory)
        try base.synchronize(directory)
    }

    package func truncate(_ file: DiskFile, to size: UInt64) throws(DiskError) {
        try check(.truncate)
        try base.truncate(file, to: size)
    }

    package func punchHole(_ range: ByteRange, in file: DiskFile) throws(DiskError) {
        try check(.punchHole)
        try base.punchHole(range, in: file)
    }

    package func rename(
        _ name: String, in directory: DiskDirectory, to newName: String,
        in newDirectory: DiskDirectory, replacing: Bool
    ) throws(DiskError) {
        try check(.rename)
        try base.rename(
            name, in: directory, to: newName, in: newDirectory, replacing: replacing)
    }

    package func link(
        _ name: String, in directory: DiskDirectory, as newName: String,
        in newDirectory: DiskDirectory
    ) throws(DiskError) {
        try check(.link)
        try base.link(name, in: directory, as: newName, in: newDirectory)
    }

    package func unlink(_ name: String, in directory: DiskDirectory) throws(DiskError) {
        try check(.unlink)
        try base.unlink(name, in: directory)
    }

    package func removeDirectory(
        _ name: String, in directory: DiskDirectory
    ) throws(DiskError) {
        try check(.unlink)
        try base.removeDirectory(name, in: directory)
    }

    package func makeDirectory(_ name: String, in directory: DiskDirectory) throws(DiskError) {
        try check(.makeDirectory)
        try base.makeDirectory(name, in: directory)
    }

    package func list(
        _ directory: DiskDirectory, _ body: (DiskEntry) throws(DiskError) -> Bool
    ) throws(DiskError) {
        try check(.list)
        try base.list(directory, body)
    }

    package func status(of file: DiskFile) throws(DiskError) -> DiskStatus {
        try check(.status)
        return try base.status(of: file)
    }

    package func status(of directory: DiskDirectory) throws(DiskError) -> DiskStatus {
        try check(.status)
        return try base.status(of: directory)
    }

    package func status(
        of name: String, in directory: DiskDirectory
    ) throws(DiskError) -> DiskStatus {
        try check(.status)
        return try base.status(of: name, in: directory)
    }

    package func space(of directory: DiskDirectory) throws(DiskError) -> DiskSpace {
        try check(.space)
        return try base.space(of: directory)
    }

    package func lock(_ file: DiskFile, exclusively: Bool) throws(DiskError) {
        try check(.lock)
        try base.lock(file, exclusively: exclusively)
    }
}
