import Encryption
import ObjectStorage

/// The keys of one store, all derived from its master key, and what they do.
struct StoreKeys: Sendable {
    /// Bytes of a store's id.
    static let storeIDLength = 16
    /// Bytes that a sealed record is longer than its content.
    static let overhead = AES256GCM.overhead

    let storeID: [UInt8]
    private let nameKey: DataKey
    private let records: AES256GCM
    let wrapping: KeyWrapping

    /// - Throws: `serverFailure` when the library fails.
    init(master: MasterKey, storeID: [UInt8]) throws(ObjectStoreError) {
        self.storeID = storeID
        do throws(EncryptionError) {
            nameKey = try master.subkey(for: "wardfs directory names", context: storeID.span)
            records = AES256GCM(
                key: try master.subkey(for: "wardfs directory records", context: storeID.span))
            wrapping = KeyWrapping(
                key: try master.subkey(for: "wardfs directory data", context: storeID.span))
        } catch {
            throw ObjectStoreError(.serverFailure, operation: "keys", cause: error)
        }
    }

    /// The name of an object's file: 64 hexadecimal digits that tell nothing about the key.
    func fileName(of key: ObjectKey) -> String {
        nameKey.secret.withBytes { secret in
            HMACSHA256.authenticationCode(of: Array(key.rawValue.utf8).span, key: secret)
        }.hexadecimal
    }

    /// Seals a record, bound to this store, its kind and its place.
    func seal(
        _ bytes: [UInt8], kind: RecordKind, place: String
    ) throws(ObjectStoreError) -> [UInt8] {
        let bound = self.bound(kind, place)
        var failure: EncryptionError?
        let sealed = [UInt8](capacity: bytes.count + AES256GCM.overhead) {
            (output: inout OutputSpan<UInt8>) in
            do throws(EncryptionError) {
                try records.seal(bytes.span, additionalData: bound.span, into: &output)
            } catch {
                failure = error
            }
        }
        if let failure {
            throw ObjectStoreError(.serverFailure, operation: "seal", cause: failure)
        }
        return sealed
    }

    /// Opens a record.
    /// - Returns: nil when it is not the record of this kind and place under this key.
    func open(_ sealed: [UInt8], kind: RecordKind, place: String) -> [UInt8]? {
        guard sealed.count >= AES256GCM.overhead else { return nil }
        let bound = self.bound(kind, place)
        var isOpen = true
        let bytes = [UInt8](capacity: sealed.count - AES256GCM.overhead) {
            (output: inout OutputSpan<UInt8>) in
            do throws(EncryptionError) {
                try records.open(sealed.span, additionalData: bound.span, into: &output)
            } catch {
                isOpen = false
            }
        }
        return isOpen ? bytes : nil
    }

    private func bound(_ kind: RecordKind, _ place: String) -> [UInt8] {
        [kind.rawValue] + storeID + place.utf8
    }
}

/// What a sealed record is; one cannot stand for another.
enum RecordKind: UInt8, Sendable {
    case storeHeader = 1
    case manifest = 2
    case inlineContent = 3
    case upload = 4
    case part = 5
}
