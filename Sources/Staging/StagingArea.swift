package import Encryption
package import LocalDisk
private import Synchronization

/// The directory where unsent writes rest, encrypted, and the quota that they share.
package final class StagingArea: Sendable {
    /// How long data files rest on the disk.
    package enum Retention: Sendable {
        /// They have a name until they are discarded, and outlive the process.
        case untilDiscarded
        /// They have no name once they are made: with a key that dies with the process nobody could
        /// read what it leaves, and so the system takes it back.
        case whileOpen
    }

    /// Records of one disk call: what a 1 MiB write of FUSE makes.
    static let recordsPerCall = 16
    /// The name of the file whose lock keeps a second mount out.
    private static let lockName = "lock"

    /// Bytes of data files that may rest on the disk at once.
    package let quotaBytes: UInt64
    let retention: Retention
    let disk: any Disk
    let directory: DiskDirectory
    /// Runs disk calls for tasks; the kernel's threads make theirs themselves.
    let executor: BlockingExecutor
    /// 4 idle ones, one for each thread that usually writes: 4 MiB.
    let buffers = ByteBufferPool(
        capacity: recordsPerCall * RecordFormat.slotLength, maximumIdle: 4)

    private let mountID: [UInt8]
    private let wrapping: KeyWrapping
    private let random: RandomByteSource
    private let lock: DiskFile
    private let used = Mutex<UInt64>(0)

    /// Takes the area for this process.
    /// - Parameters:
    ///   - directory: from `PrivateDirectory.open`.
    ///   - masterKey: protects the keys of all files made here.
    ///   - quotaBytes: live data, slots to be used again, and headers.
    ///   - retention: `whileOpen` for an ephemeral master key.
    ///   - mountID: 16 bytes that bind records to this area; fresh random ones by default.
    /// - Throws: `inUse` when another process has the area; `diskFailed`, `cryptographyFailed`.
    package init(
        directory: DiskDirectory, disk: any Disk, masterKey: MasterKey, quotaBytes: UInt64,
        retention: Retention = .untilDiscarded, mountID: [UInt8]? = nil,
        random: @escaping RandomByteSource = RandomBytes.system
    ) throws(StagingError) {
        self.directory = directory
        self.disk = disk
        self.quotaBytes = quotaBytes
        self.retention = retention
        self.random = random
        // Two threads: sealing is bound by the processor, and this machine may have two.
        executor = BlockingExecutor(threads: 2)
        do throws(EncryptionError) {
            let id = try Self.identifier(mountID, random)
            self.mountID = id
            let subkey = try masterKey.subkey(
                for: "wardfs staging 1 data keys", context: id.span)
            wrapping = KeyWrapping(key: subkey)
        } catch {
            throw StagingError(.cryptographyFailed, cause: error)
        }
        do throws(DiskError) {
            lock = try disk.openFile(Self.lockName, in: directory, .createIfAbsent)
            try disk.lock(lock, exclusively: true)
        } catch {
            throw error.code == .locked
                ? StagingError(.inUse, detail: "another mount uses this staging directory")
                : StagingError(error)
        }
    }

    private static func identifier(
        _ given: [UInt8]?, _ random: RandomByteSource
    ) throws(EncryptionError) -> [UInt8] {
        guard let given else { return try random(RecordFormat.identifierLength) }
        precondition(given.count == RecordFormat.identifierLength)
        return given
    }

    /// Bytes that the quota counts now.
    package var usedBytes: UInt64 { used.withLock { $0 } }

    /// Makes an empty file, or one whose content is the base object's.
    ///
    /// The file on the disk has a random name, mode 0600, and a key of its own.
    /// - Throws: `quotaExceeded`, `readOnly`, `diskFailed`, `cryptographyFailed`.
    package func makeFile(base: BaseObject? = nil) throws(StagingError) -> StagedFile {
        try charge(UInt64(RecordFormat.fileHeaderLength))
        do throws(StagingError) {
            return try createFile(base: base)
        } catch {
            release(UInt64(RecordFormat.fileHeaderLength))
            throw error
        }
    }

    private func createFile(base: BaseObject?) throws(StagingError) -> StagedFile {
        let id: [UInt8]
        let key: DataKey
        let header: [UInt8]
        do throws(EncryptionError) {
            id = try random(RecordFormat.identifierLength)
            key = try DataKey.random()
            header = try FileHeader(mountID: mountID, fileID: id)
                .encoded(wrapping: key, with: wrapping)
        } catch {
            throw StagingError(.cryptographyFailed, cause: error)
        }
        let name = Self.name(of: id)
        do throws(DiskError) {
            let file = try disk.openFile(name, in: directory, .createExclusively)
            do throws(DiskError) {
                try disk.write(header.span, to: file, at: 0)
            } catch {
                // The header holds nothing yet: the file may go.
                try disk.unlink(name, in: directory)
                throw error
            }
            if retention == .whileOpen { try disk.unlink(name, in: directory) }
            return StagedFile(
                area: self, name: name, file: file,
                cipher: RecordCipher(key: key, mountID: mountID, fileID: id), base: base)
        } catch {
            throw StagingError(error)
        }
    }

    /// Takes bytes of the quota.
    /// - Throws: `quotaExceeded`; nothing is taken then.
    func charge(_ bytes: UInt64) throws(StagingError) {
        let fits = used.withLock { used in
            guard quotaBytes - min(used, quotaBytes) >= bytes else { return false }
            used += bytes
            return true
        }
        guard fits else {
            throw StagingError(.quotaExceeded, detail: "the staging quota is used up")
        }
    }

    /// Gives bytes of the quota back.
    func release(_ bytes: UInt64) {
        used.withLock { $0 -= min(bytes, $0) }
    }

    /// 32 hexadecimal digits.
    private static func name(of id: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = id.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
