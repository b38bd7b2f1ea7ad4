package import ObjectStorage

/// What bounds the parts of an upload.
package struct UploadLimits: Hashable, Sendable {
    /// Parts of files up to 78 GiB: 8 MiB, where retries are cheap and requests few.
    package static let usualPartSize: UInt64 = 8 << 20

    /// Bytes of the first parts; a multiple of the block size.
    package var partSize: UInt64
    package var minimumPartSize: UInt64
    package var maximumPartSize: UInt64
    package var maximumPartCount: Int
    package var maximumObjectSize: UInt64

    /// - Parameter partSize: bytes; raised to what the store takes and to whole blocks.
    package init(
        _ capabilities: StoreCapabilities, partSize: UInt64 = Self.usualPartSize
    ) {
        minimumPartSize = max(capabilities.minimumPartSize, 1)
        maximumPartSize = capabilities.maximumPartSize
        maximumPartCount = min(capabilities.maximumPartCount, PartNumber.allowed.upperBound)
        maximumObjectSize = capabilities.maximumObjectSize
        let wanted = max(partSize, minimumPartSize)
        self.partSize = min(Self.wholeBlocks(wanted), maximumPartSize)
    }

    /// Below it an object is one put: two parts' worth, as a multipart upload costs two requests
    /// more.
    package var smallestMultipart: UInt64 { min(2 * partSize, maximumPartSize) }

    /// Rounded up to a multiple of the block size.
    static func wholeBlocks(_ count: UInt64) -> UInt64 {
        let size = UInt64(RecordFormat.blockSize)
        return (count + size - 1) / size * size
    }
}

/// The part sizes of a file whose end is not known while it is sent.
///
/// Half of the part numbers have the usual size; then every twentieth of the numbers doubles it, up
/// to the store's largest part. With S3's limits: 5,000 parts of 8 MiB (39 GiB), then 500 each of
/// 16 MiB, 32 MiB ... 4 GiB and 5 GiB, 6.3 TiB in all. A file that outgrows them is sent anew in
/// parts of one size.
struct PartLadder: Sendable {
    private struct Rung {
        /// 0-based number of the first part.
        var first: UInt64
        var offset: UInt64
        var partSize: UInt64
        var count: UInt64
    }

    private var rungs: [Rung] = []
    /// Bytes of all parts.
    private(set) var capacity: UInt64 = 0

    init(_ limits: UploadLimits) {
        let count = UInt64(max(limits.maximumPartCount, 1))
        var partSize = limits.partSize
        var first: UInt64 = 0
        while first < count {
            let wanted = first == 0 ? max(count / 2, 1) : max(count / 20, 1)
            let rung = Rung(
                first: first, offset: capacity, partSize: partSize,
                count: min(wanted, count - first))
            rungs.append(rung)
            capacity += rung.count * partSize
            first += rung.count
            partSize = min(partSize * 2, limits.maximumPartSize)
        }
    }

    /// The bytes of a part.
    /// - Parameter number: 1 or more.
    /// - Returns: nil behind the last part.
    func range(of number: Int) -> ByteRange? {
        let index = UInt64(number - 1)
        guard let rung = rungs.last(where: { $0.first <= index }), index < rung.first + rung.count
        else { return nil }
        return ByteRange(
            offset: rung.offset + (index - rung.first) * rung.partSize, count: rung.partSize)
    }
}
