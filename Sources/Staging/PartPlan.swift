package import ObjectStorage

/// One part of an upload, before it is sent.
package struct PlannedPart: Hashable, Sendable {
    /// Where the part's bytes come from.
    package enum Kind: Hashable, Sendable {
        /// Sent from here; what only the base has is fetched first.
        case send
        /// Copied by the store from the base object.
        case copy
    }

    package let number: PartNumber
    package let range: ByteRange
    package let kind: Kind

    package init(number: PartNumber, range: ByteRange, kind: Kind) {
        self.number = number
        self.range = range
        self.kind = kind
    }
}

/// How a file becomes parts. Pure.
package enum PartPlan {
    /// A run of the file that is copied or sent as a whole number of parts.
    private struct Region {
        var range: Range<UInt64>
        var isCopied: Bool
    }

    /// The parts of a file, ascending, without gaps.
    ///
    /// A file without a base follows the ladder that was used while it was written. Else runs of
    /// the base's bytes that are worth it are copied, and what lies between is sent in parts of at
    /// least the store's smallest size, widened into the base where it is shorter.
    /// - Parameters:
    ///   - extents: all of the file, ascending.
    ///   - copies: whether the store copies ranges.
    /// - Throws: `tooLarge`.
    package static func parts(
        of size: UInt64, extents: [Extent], limits: UploadLimits, copies: Bool = true
    ) throws(ObjectStoreError) -> [PlannedPart] {
        guard size <= limits.maximumObjectSize else { throw tooLarge }
        guard copies, extents.contains(where: { $0.kind == .base }) else {
            return try wholeParts(of: size, limits)
        }
        var worthwhile = limits.minimumPartSize
        while true {
            let regions = self.regions(extents, size, limits, worthwhile: worthwhile)
            if let parts = numbered(regions, of: size, limits) { return parts }
            guard regions.contains(where: \.isCopied) else {
                return try wholeParts(of: size, limits)
            }
            // Too many small pieces: copy only longer runs, and send what lies between.
            worthwhile *= 2
        }
    }

    private static var tooLarge: ObjectStoreError {
        ObjectStoreError(.tooLarge, operation: "CreateMultipartUpload")
    }

    /// Parts by the ladder or, when it is too short, of one size.
    private static func wholeParts(
        of size: UInt64, _ limits: UploadLimits
    ) throws(ObjectStoreError) -> [PlannedPart] {
        let ladder = PartLadder(limits)
        let uniform = uniformSize(of: size, limits)
        var parts: [PlannedPart] = []
        var offset: UInt64 = 0
        while offset < size {
            guard let number = PartNumber(parts.count + 1), parts.count < limits.maximumPartCount
            else { throw tooLarge }
            let rung = size <= ladder.capacity ? ladder.range(of: number.rawValue)?.count : nil
            let count = min(rung ?? uniform, size - offset)
            parts.append(
                PlannedPart(
                    number: number, range: ByteRange(offset: offset, count: count), kind: .send))
            offset += count
        }
        return parts
    }

    /// The smallest part size with which the part numbers suffice.
    private static func uniformSize(of size: UInt64, _ limits: UploadLimits) -> UInt64 {
        let count = UInt64(limits.maximumPartCount)
        let needed = UploadLimits.wholeBlocks((size + count - 1) / count)
        return min(max(limits.partSize, needed), limits.maximumPartSize)
    }

    /// Alternating runs: copied ones of at least `worthwhile` bytes (the last may be shorter after
    /// the one before it was widened), sent ones of at least the smallest part but for the last.
    private static func regions(
        _ extents: [Extent], _ size: UInt64, _ limits: UploadLimits, worthwhile: UInt64
    ) -> [Region] {
        var regions: [Region] = []
        for extent in extents {
            let isCopied = extent.kind == .base && extent.range.count >= worthwhile
            append(
                Region(range: extent.range.offset..<extent.range.end, isCopied: isCopied), &regions)
        }
        var index = 0
        while index < regions.count {
            let region = regions[index]
            let length = region.range.upperBound - region.range.lowerBound
            let isShort = !region.isCopied && length < limits.minimumPartSize
            if isShort, index + 1 < regions.count {
                widen(&regions, at: index, by: limits.minimumPartSize - length, worthwhile)
            } else {
                index += 1
            }
        }
        return regions
    }

    private static func append(_ region: Region, _ regions: inout [Region]) {
        if let last = regions.last, !last.isCopied, !region.isCopied {
            regions[regions.count - 1].range = last.range.lowerBound..<region.range.upperBound
        } else {
            regions.append(region)
        }
    }

    /// Lengthens a sent region into the copied one behind it, which is given up when too little of
    /// it is left.
    private static func widen(
        _ regions: inout [Region], at index: Int, by missing: UInt64, _ worthwhile: UInt64
    ) {
        let next = regions[index + 1].range
        let boundary = min(
            next.upperBound,
            UploadLimits.wholeBlocks(regions[index].range.upperBound + missing))
        if next.upperBound - boundary >= worthwhile {
            regions[index].range = regions[index].range.lowerBound..<boundary
            regions[index + 1].range = boundary..<next.upperBound
            return
        }
        var end = next.upperBound
        var consumed = 1
        // What follows a copied region is a sent one, or the end.
        if index + 2 < regions.count {
            end = regions[index + 2].range.upperBound
            consumed = 2
        }
        regions[index].range = regions[index].range.lowerBound..<end
        regions.removeSubrange(index + 1...index + consumed)
    }

    /// - Returns: nil when there are more than the store takes.
    private static func numbered(
        _ regions: [Region], of size: UInt64, _ limits: UploadLimits
    ) -> [PlannedPart]? {
        let usual = uniformSize(of: size, limits)
        var parts: [PlannedPart] = []
        for region in regions {
            let length = region.range.upperBound - region.range.lowerBound
            // Copies are as long as may be; what is sent is cut into parts of 1 to 2 times the
            // usual size, which never leaves a rest below the smallest.
            let most = region.isCopied ? limits.maximumPartSize : limits.maximumPartSize / 2
            let fewest = (length + most - 1) / most
            let count = max(region.isCopied ? 1 : length / usual, fewest, 1)
            guard parts.count + Int(count) <= limits.maximumPartCount else { return nil }
            var start = region.range.lowerBound
            for index in 1...count {
                let end =
                    index == count
                    ? region.range.upperBound
                    : region.range.lowerBound + evenly(length, index, of: count)
                guard let number = PartNumber(parts.count + 1) else { return nil }
                parts.append(
                    PlannedPart(
                        number: number, range: ByteRange(offset: start, count: end - start),
                        kind: region.isCopied ? .copy : .send))
                start = end
            }
        }
        return parts
    }

    /// The end of the `index`th of `count` equal pieces, in whole blocks.
    private static func evenly(_ length: UInt64, _ index: UInt64, of count: UInt64) -> UInt64 {
        // At most 2^46 bytes times 10^4 parts: below 2^60.
        let size = UInt64(RecordFormat.blockSize)
        return length * index / count / size * size
    }
}
