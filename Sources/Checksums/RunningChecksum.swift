package import ObjectStorage

/// A checksum under way, of an algorithm chosen at run time.
package enum RunningChecksum: Sendable {
    case crc64NVME(CRC64NVME)
    case crc32C(CRC32C)

    /// The checksum of no bytes.
    package init(_ algorithm: ChecksumAlgorithm) {
        switch algorithm {
        case .crc64NVME: self = .crc64NVME(CRC64NVME())
        case .crc32C: self = .crc32C(CRC32C())
        }
    }

    /// Takes the next bytes.
    package mutating func update(_ bytes: Span<UInt8>) {
        switch self {
        case .crc64NVME(var running):
            running.update(bytes)
            self = .crc64NVME(running)
        case .crc32C(var running):
            running.update(bytes)
            self = .crc32C(running)
        }
    }

    /// The checksum of all bytes so far.
    package var checksum: Checksum {
        switch self {
        case .crc64NVME(let running): running.checksum
        case .crc32C(let running): running.checksum
        }
    }
}

extension Checksum {
    /// How much of a source is read at once while its checksum is computed: large enough to hide
    /// the cost of a call, small enough for the second-level cache.
    private static let chunkSize = 256 << 10

    /// The checksum of a whole source. May block for the local disk as the source does.
    /// - Throws: what the source throws; `localDisk` when it ends before its `count`.
    package init(
        of source: any ByteSource, algorithm: ChecksumAlgorithm
    ) throws(ObjectStoreError) {
        var running = RunningChecksum(algorithm)
        try source.forEachChunk(upTo: Self.chunkSize) { running.update($0) }
        self = running.checksum
    }

    /// The checksum of bytes in memory.
    package init(of bytes: Span<UInt8>, algorithm: ChecksumAlgorithm) {
        var running = RunningChecksum(algorithm)
        running.update(bytes)
        self = running.checksum
    }

    /// The checksum of `self`'s bytes followed by those of `next`.
    /// - Parameter nextLength: bytes that `next` covers.
    /// - Returns: nil when the algorithms differ.
    package func followed(by next: Checksum, nextLength: UInt64) -> Checksum? {
        guard algorithm == next.algorithm else { return nil }
        switch algorithm {
        case .crc64NVME:
            let both = CRC64NVME.combine(value, next.value, secondLength: nextLength)
            return Checksum(algorithm: algorithm, value: both)
        case .crc32C:
            let both = CRC32C.combine(
                UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: next.value),
                secondLength: nextLength)
            return Checksum(algorithm: algorithm, value: UInt64(both))
        }
    }
}

extension ByteSource {
    /// Reads the whole source once, in order, in pieces of at most `size` bytes.
    /// - Throws: what the source throws; `localDisk` when it ends before its `count`.
    package func forEachChunk(
        upTo size: Int, _ body: (Span<UInt8>) -> Void
    ) throws(ObjectStoreError) {
        var offset: UInt64 = 0
        while offset < count {
            let wanted = Int(min(UInt64(size), count - offset))
            let chunk = try chunk(at: offset, upTo: wanted)
            guard !chunk.isEmpty else {
                throw ObjectStoreError(
                    .localDisk, operation: "read", detail: "a source ended before its size")
            }
            body(chunk.span)
            offset += UInt64(chunk.count)
        }
    }

    private func chunk(at offset: UInt64, upTo size: Int) throws(ObjectStoreError) -> [UInt8] {
        // Array's initialiser rethrows untyped, so the error takes the way around it.
        var failure: ObjectStoreError?
        let bytes = [UInt8](capacity: size) { (output: inout OutputSpan<UInt8>) in
            do throws(ObjectStoreError) {
                try read(at: offset, into: &output)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
