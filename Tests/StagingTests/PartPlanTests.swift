import ObjectStorage
import ObjectStoreTestSupport
import Staging
import Testing

@Suite("PartPlan")
struct PartPlanTests {
    static let s3 = UploadLimits(StoreCapabilities())
    static let mebibyte: UInt64 = 1 << 20

    @Test(
        "a file of any size up to the store's largest fits its part numbers and part sizes",
        arguments: [
            1, 8 << 20, (8 << 20) + 1, 80 << 30, 6 << 40, 7 << 40, 48 << 40, 53_687_091_200_000,
        ] as [UInt64])
    func sizes(size: UInt64) throws {
        let parts = try PartPlan.parts(
            of: size, extents: [Extent(.staged, ByteRange(offset: 0, count: size))],
            limits: Self.s3)

        try check(parts, of: size, Self.s3)
        if size <= 39 << 30 { #expect(parts.dropLast().allSatisfy { $0.range.count == 8 << 20 }) }
    }

    @Test("a file above the store's largest object is refused before anything is sent")
    func tooLarge() {
        let size: UInt64 = 53_687_091_200_001

        #expect(throws: ObjectStoreError.self) {
            try PartPlan.parts(
                of: size, extents: [Extent(.staged, ByteRange(offset: 0, count: size))],
                limits: Self.s3)
        }
    }

    @Test("appending a KiB to 100 GiB sends a KiB")
    func append() throws {
        let size: UInt64 = 100 << 30
        let parts = try PartPlan.parts(
            of: size + 1024,
            extents: [
                Extent(.base, ByteRange(offset: 0, count: size)),
                Extent(.staged, ByteRange(offset: size, count: 1024)),
            ], limits: Self.s3)

        try check(parts, of: size + 1024, Self.s3)
        #expect(parts.filter { $0.kind == .copy }.count == 20)
        #expect(parts.last?.kind == .send && parts.last?.range.count == 1024)
    }

    @Test("one changed block in the middle is sent in a part of the smallest size")
    func middle() throws {
        let parts = try PartPlan.parts(
            of: 1 << 30,
            extents: [
                Extent(.base, ByteRange(offset: 0, count: 512 << 20)),
                Extent(.staged, ByteRange(offset: 512 << 20, count: 65_536)),
                Extent(.base, ByteRange(offset: (512 << 20) + 65_536, count: (512 << 20) - 65_536)),
            ], limits: Self.s3)

        #expect(parts.map(\.kind) == [.copy, .send, .copy])
        #expect(parts[1].range == ByteRange(offset: 512 << 20, count: 5 << 20))
    }

    @Test("a store that copies no ranges gets everything sent")
    func withoutCopies() throws {
        let parts = try PartPlan.parts(
            of: 1 << 30, extents: [Extent(.base, ByteRange(offset: 0, count: 1 << 30))],
            limits: Self.s3, copies: false)

        #expect(parts.count == 128 && parts.allSatisfy { $0.kind == .send })
    }

    @Test("so many scattered changes that copies do not fit are still planned")
    func scattered() throws {
        var extents: [Extent] = []
        let stride: UInt64 = 6 << 20
        for index in 0..<UInt64(20_000) {
            let start = index * stride
            extents.append(Extent(.staged, ByteRange(offset: start, count: 65_536)))
            extents.append(
                Extent(.base, ByteRange(offset: start + 65_536, count: stride - 65_536)))
        }

        let parts = try PartPlan.parts(of: 20_000 * stride, extents: extents, limits: Self.s3)

        try check(parts, of: 20_000 * stride, Self.s3)
    }

    @Test("any extents give parts that the store takes, and copy only the base", arguments: seeds)
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let limits = UploadLimits(
            StoreCapabilities(
                minimumPartSize: 200_000, maximumPartSize: 2 << 20,
                maximumPartCount: 100), partSize: 262_144)
        for _ in 0..<300 {
            var extents: [Extent] = []
            var size: UInt64 = 0
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let kind = [Extent.Kind.staged, .base, .hole].randomElement(using: &generator)
                let blocks = UInt64.random(in: 1...20, using: &generator)
                extents.append(
                    Extent(kind ?? .hole, ByteRange(offset: size, count: blocks * 65_536)))
                size += blocks * 65_536
            }
            let parts = try PartPlan.parts(of: size, extents: extents, limits: limits)

            try check(parts, of: size, limits)
            for part in parts where part.kind == .copy {
                let isBase = extents.allSatisfy {
                    $0.kind == .base || $0.range.intersection(part.range).isEmpty
                }
                #expect(isBase)
            }
        }
    }

    private func check(
        _ parts: [PlannedPart], of size: UInt64, _ limits: UploadLimits
    ) throws {
        #expect(parts.count <= limits.maximumPartCount)
        var end: UInt64 = 0
        for (index, part) in parts.enumerated() {
            try #require(part.number.rawValue == index + 1)
            try #require(part.range.offset == end && !part.range.isEmpty)
            try #require(part.range.count <= limits.maximumPartSize)
            if index < parts.count - 1 {
                try #require(part.range.count >= limits.minimumPartSize)
            }
            end = part.range.end
        }
        #expect(end == size)
    }
}
