import ObjectStorage
import ObjectStoreTestSupport
import Testing

@testable import Staging

@Suite("StagedFile against a model")
struct StagedFileModelTests {
    /// A plain array beside the staged file.
    private struct Model {
        var bytes: [UInt8]
        let base: [UInt8]

        mutating func write(_ new: [UInt8], at offset: Int) {
            grow(to: offset + new.count)
            bytes.replaceSubrange(offset..<offset + new.count, with: new)
        }

        mutating func truncate(to size: Int) {
            grow(to: size)
            bytes.removeLast(bytes.count - size)
        }

        mutating func zero(_ range: Range<Int>) {
            let clipped = range.clamped(to: 0..<bytes.count)
            bytes.replaceSubrange(clipped, with: repeatElement(0, count: clipped.count))
        }

        private mutating func grow(to size: Int) {
            bytes += [UInt8](repeating: 0, count: max(0, size - bytes.count))
        }
    }

    private let limit = 12 * block

    @Test("random operations leave what an array would hold", arguments: seeds, [false, true])
    func random(seed: UInt64, hasBase: Bool) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try Fixture()
        let base =
            hasBase ? generator.content(Int.random(in: 1...8 * block, using: &generator)) : []
        let object = BaseObject(key: ObjectKey("k"), eTag: ETag("e"), size: UInt64(base.count))
        let file = try fixture.area.makeFile(base: hasBase ? object : nil)
        var model = Model(bytes: base, base: base)

        for _ in 0..<250 {
            try step(on: file, &model, &generator)
            #expect(file.size == UInt64(model.bytes.count))
        }

        try check(file, model)
        try fillAll(file, base)
        #expect(try file.content() == model.bytes)
        try file.synchronize()
        let read = try file.source(ByteRange(0..<model.bytes.count)).content(inPiecesOf: 10_000)
        #expect(read == model.bytes)
        try file.discard()
        #expect(fixture.area.usedBytes == 0)
    }

    private func step(
        on file: StagedFile, _ model: inout Model, _ generator: inout SeededGenerator
    ) throws {
        let offset = place(&generator)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0..<5:
            let count = [1, 100, 5000, block, 3 * block].randomElement(using: &generator) ?? 1
            let bytes = generator.content(Int.random(in: 1...count, using: &generator))
            try fill(
                file.missingRanges(forWrite: ByteRange(offset..<offset + bytes.count)), file, model)
            try file.write(bytes, at: offset)
            model.write(bytes, at: offset)
        case 5:
            let bytes = generator.content(block * Int.random(in: 1...4, using: &generator))
            try file.write(bytes, at: offset / block * block)
            model.write(bytes, at: offset / block * block)
        case 6:
            try file.truncate(to: UInt64(offset))
            model.truncate(to: offset)
        case 7:
            let range = offset..<offset + Int.random(in: 1...3 * block, using: &generator)
            try fill(file.missingRanges(forWrite: ByteRange(range)), file, model)
            try file.zero(ByteRange(range))
            model.zero(range)
        case 8:
            // The base's bytes from anywhere must never show over newer ones.
            let start = min(offset / block * block, model.base.count)
            let end = min(
                model.base.count, start + Int.random(in: 0...3 * block, using: &generator))
            if start < end { try file.fill(Array(model.base[start..<end]), at: start) }
        case 9:
            try file.synchronize()
        default:
            let range = ByteRange(offset..<offset + 2 * block)
            try fill(file.missingRanges(forRead: range), file, model)
            let read = try file.read(2 * block, at: offset)
            #expect(read == Array(model.bytes.dropFirst(offset).prefix(2 * block)))
        }
    }

    private func place(_ generator: inout SeededGenerator) -> Int {
        let offset = Int.random(in: 0..<limit, using: &generator)
        return Bool.random(using: &generator) ? offset / block * block : offset
    }

    private func fill(_ ranges: [ByteRange], _ file: StagedFile, _ model: Model) throws {
        for range in ranges { try file.fill(Array(model.base[range]), at: Int(range.offset)) }
    }

    /// The extents, put together from their origins, are the content; so are the checksums.
    private func check(_ file: StagedFile, _ model: Model) throws {
        try file.sealBuffers()
        var content: [UInt8] = []
        for extent in file.extents() {
            #expect(extent.range.offset == UInt64(content.count))
            switch extent.kind {
            case .hole: content += [UInt8](repeating: 0, count: Int(extent.range.count))
            case .base: content += model.base[extent.range]
            case .staged:
                let bytes = try file.read(Int(extent.range.count), at: Int(extent.range.offset))
                let checksum = try file.checksum(
                    of: extent.range, unchangedSince: file.generation)
                #expect(checksum.value == bytes.crc64NVME)
                content += bytes
            }
        }
        #expect(content == model.bytes)
    }

    private func fillAll(_ file: StagedFile, _ base: [UInt8]) throws {
        for range in file.missingRanges(forRead: ByteRange(offset: 0, count: file.size)) {
            try file.fill(Array(base[range]), at: Int(range.offset))
        }
    }
}
