import Checksums
import Encryption
import ObjectStorage

extension ByteSource {
    /// The SHA-256 of the whole source, in small hexadecimal digits. May block for the local disk.
    /// - Throws: what the source throws; `localDisk` when it ends before its `count`.
    func sha256() throws(ObjectStoreError) -> String {
        let hash = SHA256()
        try forEachChunk(upTo: 256 << 10) { hash.update($0) }
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }
}
