/// Names under which programs write a file before they rename it, so that the verdict on the final
/// name comes before the content is written.
enum TemporaryName {
    /// The name without the temporary part: of rsync (`.name.Xa81Qz`), of Office (`~$name`) and
    /// LibreOffice (`.~lock.name#`), of editors (`name~`, `.name.swp`), of downloads and copies
    /// (`name.part`, `name.tmp`, `name.crdownload`). The name itself when it is none of them.
    static func stem(of bytes: [UInt8]) -> ArraySlice<UInt8> {
        let all = bytes[...]
        for (prefix, suffix) in [("~$", ""), (".~lock.", "#"), (".", ".swp"), ("#", "#")] {
            if let inner = strip(all, prefix: prefix, suffix: suffix) { return inner }
        }
        for suffix in [".part", ".partial~", ".tmp", ".crdownload", ".filepart", "~"] {
            if let inner = strip(all, prefix: "", suffix: suffix) { return inner }
        }
        return rsyncStem(all) ?? all
    }

    /// rsync makes a hidden name with a dot and six random letters and digits at the end.
    /// Source: rsync 3.2, `receiver.c`, `get_tmpname`.
    private static func rsyncStem(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.first == UInt8(ascii: "."), bytes.count > 8 else { return nil }
        let random = bytes.suffix(6)
        let inner = bytes.dropFirst().dropLast(7)
        guard random.allSatisfy(\.isAlphanumeric),
            bytes[inner.endIndex] == UInt8(ascii: ".")
        else { return nil }
        return inner
    }

    private static func strip(
        _ bytes: ArraySlice<UInt8>, prefix: String, suffix: String
    ) -> ArraySlice<UInt8>? {
        let inner = bytes.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
        let around = prefix.utf8.count + suffix.utf8.count
        guard bytes.count > around, bytes.starts(with: prefix.utf8),
            bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
        else { return nil }
        return inner
    }
}
