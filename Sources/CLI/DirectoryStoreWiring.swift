internal import DirectoryStore
internal import Encryption
internal import LocalDisk
internal import ObjectStorage

/// Opens the embedded store of a local directory with its key file.
struct DirectoryStoreWiring {
    /// A key file holds random bytes; more would be another file by mistake.
    private static let longestKey = 4096

    let path: String
    let keyFile: String?
    let clock: any WallClock

    /// - Throws: `LaunchError` with what is wrong and what to do.
    func makeStore() async throws(LaunchError) -> any ObjectStore {
        let key = try masterKey()
        let root: DiskDirectory
        do throws(DiskError) {
            root = try PrivateDirectory.open(path: path, creating: true)
        } catch {
            throw LaunchError(
                "The directory \(path) cannot hold a store: \(error). It must be an absolute path "
                    + "without links, of this user, mode 0700, on a local disk.")
        }
        do throws(ObjectStoreError) {
            return try await DirectoryStore.open(
                root: root, disk: POSIXDisk(), masterKey: key, clock: clock)
        } catch {
            throw LaunchError(sentence(for: error))
        }
    }

    private func sentence(for error: ObjectStoreError) -> String {
        switch error.code {
        case .credentialsRejected:
            "The key in --key-file is not the key of the store in \(path). Nothing was changed."
        case .conflict: "The store in \(path) is in use by another mount."
        case .invalidRequest:
            "The directory \(path) holds something that is no store. Choose an empty directory."
        default: "The store in \(path) cannot be opened: \(error)"
        }
    }

    private func masterKey() throws(LaunchError) -> MasterKey {
        guard let keyFile else {
            throw LaunchError(
                "A dir: store needs --key-file. Make one with: (umask 077; head -c 32 /dev/urandom "
                    + "> FILE), and keep a copy elsewhere: without it nothing can be read.")
        }
        let bytes = try keyBytes(keyFile)
        do throws(EncryptionError) {
            return try MasterKey(material: bytes.span)
        } catch {
            throw LaunchError(
                "The key file \(keyFile) is too short: \(MasterKey.minimumLength) bytes are needed."
            )
        }
    }

    private func keyBytes(_ keyFile: String) throws(LaunchError) -> [UInt8] {
        let disk = POSIXDisk()
        let status: DiskStatus
        let bytes: [UInt8]
        do throws(DiskError) {
            let file = try disk.openFile(path: keyFile)
            status = try disk.status(of: file)
            bytes = try disk.contents(of: file, atMost: Self.longestKey)
        } catch {
            throw LaunchError("The key file \(keyFile) cannot be read: \(error)")
        }
        guard status.permissions & 0o077 == 0 else {
            throw LaunchError(
                "The key file \(keyFile) can be read by others. Make it private with: chmod 600 "
                    + keyFile)
        }
        return bytes
    }
}
