/// Names that only programs make, which no rule may refuse: database logs, digests, identifiers of
/// medical images, partitions. The whole name must match, its extensions aside.
enum MachineName {
    static func matches(_ text: NameText) -> Bool {
        let bytes = TemporaryName.stem(of: text.bytes)
        return isWAL(bytes) || isBinaryLog(bytes) || isObjectIdentifier(bytes)
            || isFileSystemName(bytes) || isPartition(bytes) || isTimestamp(bytes)
            || isDigest(stem(bytes))
    }

    /// PostgreSQL's write-ahead log: 24 hexadecimal digits in capitals, perhaps with the offset of
    /// a backup, `.partial`, `.backup`; or `00000002.history`; perhaps compressed.
    /// Source: PostgreSQL 15, `xlog_internal.h`, XLogFileName and the like.
    static func isWAL(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let first = parts.first, first.allSatisfy(isCapitalHex) else { return false }
        let isLog = first.count == 24
        let isHistory = first.count == 8 && parts.dropFirst().first.map(text) == "history"
        return (isLog || isHistory)
            && parts.dropFirst().allSatisfy { part in
                (part.count == 8 && part.allSatisfy(isCapitalHex)) || isWord(part)
            }
    }

    /// MySQL's and MariaDB's logs: `mysql-bin.000123`, `binlog.000001`, `host-relay-bin.000009`.
    static func isBinaryLog(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")) else { return false }
        let number = bytes[(dot + 1)...]
        let base = text(bytes[..<dot])
        return number.count == 6 && number.allSatisfy(\.isDigit)
            && (base.hasSuffix("-bin") || base == "binlog")
    }

    /// Dotted numbers of five arcs or more that begin with 0, 1 or 2, such as DICOM's UIDs.
    /// Source: ITU-T X.660, root arcs; DICOM PS3.5, section 9.
    static func isObjectIdentifier(_ bytes: ArraySlice<UInt8>) -> Bool {
        var parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if let last = parts.last, isWord(last) { parts.removeLast() }
        guard parts.count >= 5, let first = parts.first, first.count == 1,
            let root = first.first, (0x30...0x32).contains(root)
        else { return false }
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isDigit) }
    }

    /// What NFS and FUSE call files that were deleted while open.
    static func isFileSystemName(_ bytes: ArraySlice<UInt8>) -> Bool {
        for prefix in [".nfs", ".fuse_hidden"] where bytes.starts(with: prefix.utf8) {
            let rest = bytes.dropFirst(prefix.utf8.count)
            return rest.count >= 8 && rest.allSatisfy { $0.hexValue != nil }
        }
        return false
    }

    /// A partition by time: `year=2024`, `dt=2024-05-01`. Keys that name people are none.
    static func isPartition(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let keys = [
            "year", "month", "day", "hour", "minute", "week", "quarter", "date", "dt", "ds", "ts",
            "yyyymmdd", "event_date", "event_time", "ingest_date", "partition_date", "snapshot",
        ]
        return keys.contains(text(bytes[..<equals]))
            && bytes[(equals + 1)...].allSatisfy { $0.isDigit || timePunctuation.contains($0) }
    }

    /// A time as the whole stem: `20240902T102855Z.tar.gz`, `2024-09-02T10:28:55+0200.log`.
    static func isTimestamp(_ bytes: ArraySlice<UInt8>) -> Bool {
        let stem = stem(bytes)
        guard stem.count >= 13, stem.prefix(4).allSatisfy(\.isDigit),
            stem.contains(UInt8(ascii: "T"))
        else { return false }
        return stem.allSatisfy { $0.isDigit || timePunctuation.contains($0) }
    }

    /// A UUID, or 20 and more hexadecimal digits among which are letters and digits, of one case.
    static func isDigest(_ bytes: ArraySlice<UInt8>) -> Bool {
        if isUUID(bytes) { return true }
        guard bytes.count >= 20, bytes.allSatisfy({ $0.hexValue != nil }) else { return false }
        let digits = bytes.count(where: \.isDigit)
        let upper = bytes.count(where: \.isUpper)
        return digits > 0 && digits < bytes.count && (upper == 0 || upper + digits == bytes.count)
    }

    /// Where the run of hexadecimal digits that begins at `start` ends; dashes count inside a UUID.
    /// A run that touches other letters or digits is none.
    static func hexRunEnd(_ bytes: [UInt8], from start: Int) -> Int {
        if start > 0, bytes[start - 1].isAlphanumeric { return start }
        let uuid = start..<min(start + 36, bytes.count)
        if isUUID(bytes[uuid]) { return uuid.upperBound }
        var end = start
        while end < bytes.count, bytes[end].hexValue != nil { end += 1 }
        return end < bytes.count && bytes[end].isAlphanumeric ? start : end
    }

    // MARK: Pieces

    private static let timePunctuation = Array("T:-+Z_.".utf8)

    private static func isUUID(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : byte.hexValue != nil
        }
    }

    private static func isCapitalHex(_ byte: UInt8) -> Bool {
        byte.isDigit || (0x41...0x46).contains(byte)
    }

    /// An extension: one to eight letters and digits with a letter at the start.
    private static func isWord(_ bytes: ArraySlice<UInt8>) -> Bool {
        (1...8).contains(bytes.count) && bytes.first?.isDigit == false
            && bytes.allSatisfy(\.isAlphanumeric)
    }

    /// Without extensions, and without a word and a dash or colon before: `pack-`, `sha256:`.
    private static func stem(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var stem = bytes
        while let dot = stem.lastIndex(of: UInt8(ascii: ".")), dot > stem.startIndex,
            isWord(stem[(dot + 1)...]) || text(stem[(dot + 1)...]) == "7z"
        {
            stem = stem[..<dot]
        }
        for prefix in ["pack-", "sha256:", "sha256-", "sha1-", "md5-", "tmp_obj_"]
        where stem.starts(with: prefix.utf8) {
            stem = stem.dropFirst(prefix.utf8.count)
        }
        return stem
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
