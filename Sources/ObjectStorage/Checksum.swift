/// The checksum algorithms that WardFS sends and checks.
/// Source: S3 User Guide, "Checking object integrity in Amazon S3".
package enum ChecksumAlgorithm: String, Hashable, Sendable {
    case crc64NVME = "CRC64NVME"
    case crc32C = "CRC32C"

    /// The header that carries a value of this algorithm, in lower case.
    package var headerName: String {
        switch self {
        case .crc64NVME: "x-amz-checksum-crc64nvme"
        case .crc32C: "x-amz-checksum-crc32c"
        }
    }

    /// Length of a value, in bytes.
    package var length: Int {
        switch self {
        case .crc64NVME: 8
        case .crc32C: 4
        }
    }
}

/// A checksum over a whole object or a part.
package struct Checksum: Hashable, Sendable {
    package let algorithm: ChecksumAlgorithm
    /// Big endian; as many low bytes count as `algorithm.length` says.
    package let value: UInt64

    package init(algorithm: ChecksumAlgorithm, value: UInt64) {
        self.algorithm = algorithm
        self.value = value
    }
}
