private import Checksums
package import ObjectStorage
private import Synchronization

extension StagedFile {
    /// The bytes of `range` as they are now, decrypted when they are asked for.
    ///
    /// A byte that changes before it is read fails the read with `localDataDamaged`: what a source
    /// gave is always one version of the file. So do bytes that only the base object has.
    /// - Parameter range: inside the file.
    package func source(_ range: ByteRange) -> any ByteSource {
        StagedSource(file: self, range: range, generation: generation)
    }

    /// The CRC64NVME of `range` as it was at `generation`: put together from the blocks' checksums,
    /// which were computed when they were sealed. Only cut blocks are read again.
    /// - Throws: `changed`, `baseContentMissing`, `damaged`, `diskFailed`.
    func checksum(
        of range: ByteRange, unchangedSince generation: UInt64
    ) throws(StagingError) -> Checksum {
        var total = CRC64NVME().value
        var position = range.offset
        let blockSize = UInt64(RecordFormat.blockSize)
        while position < range.end {
            let block = position / blockSize
            let end = min(range.end, (block + 1) * blockSize)
            let bytes = ByteRange(offset: position, count: end - position)
            let value: UInt64
            if position % blockSize == 0, let known = knownChecksum(of: block, count: bytes.count) {
                value = known
            } else {
                value = try readChecksum(of: bytes, generation)
            }
            total = CRC64NVME.combine(total, value, secondLength: bytes.count)
            position = end
        }
        if hasChanged(in: range, since: generation) { throw StagingError(.changed) }
        return Checksum(algorithm: .crc64NVME, value: total)
    }

    private func knownChecksum(of block: UInt64, count: UInt64) -> UInt64? {
        let (entry, base) = state.withLock { ($0.map[block], $0.map.baseLength(of: block)) }
        switch entry.content {
        case .hole:
            return ZeroChecksum.crc64NVME(count: count)
        case .untouched:
            return base == 0 ? ZeroChecksum.crc64NVME(count: count) : nil
        case .sealed:
            guard entry.validLength == entry.recordLength, UInt64(entry.recordLength) <= count
            else {
                return nil
            }
            let zeros = count - UInt64(entry.recordLength)
            return zeros == 0
                ? entry.checksum
                : CRC64NVME.combine(
                    entry.checksum, ZeroChecksum.crc64NVME(count: zeros), secondLength: zeros)
        case .buffered:
            return nil
        }
    }

    private func readChecksum(
        of range: ByteRange, _ generation: UInt64
    ) throws(StagingError) -> UInt64 {
        let bytes = try [UInt8](capacity: Int(range.count)) {
            (output: inout OutputSpan<UInt8>) throws(StagingError) in
            try read(
                at: range.offset, into: &output, most: Int(range.count), unchangedSince: generation)
        }
        guard bytes.count == Int(range.count) else { throw StagingError(.changed) }
        var checksum = CRC64NVME()
        checksum.update(bytes.span)
        return checksum.value
    }
}

/// A range of a staged file at one generation.
final class StagedSource: ByteSource {
    private struct Block {
        var offset: UInt64
        var bytes: [UInt8]
    }

    let file: StagedFile
    let range: ByteRange
    let generation: UInt64
    /// The block opened last: a transfer reads less than a block at a time.
    private let opened = Mutex<Block?>(nil)

    init(file: StagedFile, range: ByteRange, generation: UInt64) {
        self.file = file
        self.range = range
        self.generation = generation
    }

    var count: UInt64 { range.count }

    func read(
        at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(ObjectStoreError) {
        do throws(StagingError) {
            try readRange(at: offset, into: &output)
        } catch {
            throw ObjectStoreError(error)
        }
    }

    private func readRange(
        at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(StagingError) {
        let blockSize = UInt64(RecordFormat.blockSize)
        var position = range.offset + min(offset, range.count)
        while output.freeCapacity > 0, position < range.end {
            let before = output.count
            let left = min(UInt64(output.freeCapacity), range.end - position)
            if position % blockSize == 0, left >= blockSize {
                try file.read(
                    at: position, into: &output, most: Int(left / blockSize * blockSize),
                    unchangedSince: generation)
            } else {
                try readPart(at: position, most: Int(left), into: &output)
            }
            guard output.count > before else { throw StagingError(.changed) }
            position += UInt64(output.count - before)
        }
    }

    private func readPart(
        at position: UInt64, most: Int, into output: inout OutputSpan<UInt8>
    ) throws(StagingError) {
        let block = try block(with: position)
        let from = Int(position - block.offset)
        guard from < block.bytes.count else { throw StagingError(.changed) }
        output.append(
            copying: block.bytes.span.extracting(
                from..<from + min(most, block.bytes.count - from)))
    }

    /// The block with a position, as far as it lies in the range: what lies outside may be the
    /// base's.
    private func block(with position: UInt64) throws(StagingError) -> Block {
        let size = UInt64(RecordFormat.blockSize)
        let start = max(position / size * size, range.offset)
        if let block = opened.withLock({ $0 }), block.offset == start { return block }
        let end = min((position / size + 1) * size, range.end)
        let bytes = try [UInt8](capacity: Int(end - start)) {
            (output: inout OutputSpan<UInt8>) throws(StagingError) in
            try file.read(
                at: start, into: &output, most: Int(end - start), unchangedSince: generation)
        }
        let block = Block(offset: start, bytes: bytes)
        opened.withLock { $0 = block }
        return block
    }
}

extension ObjectStoreError {
    /// How a failure of the staging area reaches a caller of the store.
    init(_ error: StagingError) {
        let code: ObjectStoreError.Code =
            switch error.code {
            case .damaged, .changed, .poisoned, .baseContentMissing, .cryptographyFailed:
                .localDataDamaged
            case .quotaExceeded, .readOnly, .diskFailed, .discarded, .tooLarge, .inUse:
                .localDisk
            }
        self.init(code, operation: "ReadStagedFile", cause: error)
    }
}
