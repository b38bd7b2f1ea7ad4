import ObjectStorage

/// What a listing tells about an object, and which data files it needs.
final class IndexEntry: Sendable {
    let key: ObjectKey
    let size: UInt64
    let eTag: ETag
    let lastModified: Timestamp
    let files: [Identifier]

    init(_ manifest: Manifest) {
        key = manifest.key
        size = manifest.size
        eTag = manifest.eTag
        lastModified = manifest.lastModified
        files = manifest.extents.map(\.file)
    }

    /// As a listing has them: without metadata and encryption.
    var attributes: ObjectAttributes {
        ObjectAttributes(size: size, eTag: eTag, lastModified: lastModified)
    }
}

/// All objects, sorted by key. An insertion moves 8 bytes for each object behind it: 0.1 ms among
/// 100,000.
struct ObjectIndex: Sendable {
    private var entries: [IndexEntry] = []

    init() {}

    /// - Parameter entries: in any order, no key twice.
    init(_ entries: [IndexEntry]) {
        self.entries = entries.sorted { $0.key < $1.key }
    }

    var count: Int { entries.count }

    subscript(key: ObjectKey) -> IndexEntry? {
        let position = firstPosition { !($0 < key) }
        guard position < entries.count, entries[position].key == key else { return nil }
        return entries[position]
    }

    /// - Returns: the entry that it replaced.
    mutating func insert(_ entry: IndexEntry) -> IndexEntry? {
        let position = firstPosition { !($0 < entry.key) }
        guard position < entries.count, entries[position].key == entry.key else {
            entries.insert(entry, at: position)
            return nil
        }
        defer { entries[position] = entry }
        return entries[position]
    }

    mutating func remove(_ key: ObjectKey) -> IndexEntry? {
        let position = firstPosition { !($0 < key) }
        guard position < entries.count, entries[position].key == key else { return nil }
        return entries.remove(at: position)
    }

    /// One page, as ListObjectsV2 makes it.
    func page(_ request: ListRequest) throws(ObjectStoreError) -> ListPage {
        var page = ListPage(objects: [], commonPrefixes: [], continuationToken: nil)
        let delimiter = try Self.delimiter(of: request)
        let prefix = Array(request.prefix.rawValue.utf8)
        let limit = min(max(request.maximumKeys, 1), 1000)
        var position = try start(of: request)
        var token = ""
        while position < entries.count {
            let entry = entries[position]
            guard entry.key.rawValue.utf8.starts(with: prefix) else { break }
            guard page.objects.count + page.commonPrefixes.count < limit else {
                page.continuationToken = token
                break
            }
            if let folded = Self.fold(entry.key, behind: prefix.count, at: delimiter) {
                page.commonPrefixes.append(folded)
                token = "p" + folded.rawValue
                position = firstPosition(behindPrefix: folded)
            } else {
                page.objects.append((entry.key, entry.attributes))
                token = "k" + entry.key.rawValue
                position += 1
            }
        }
        return page
    }

    /// The first position whose key is at or behind all that the request excludes.
    private func start(of request: ListRequest) throws(ObjectStoreError) -> Int {
        let first = firstPosition { !($0 < request.prefix) }
        if let token = request.continuationToken {
            let item = ObjectKey(String(decoding: token.utf8.dropFirst(), as: UTF8.self))
            switch token.utf8.first {
            case UInt8(ascii: "k"): return max(first, firstPosition { item < $0 })
            case UInt8(ascii: "p"): return max(first, firstPosition(behindPrefix: item))
            default:
                throw ObjectStoreError(
                    .invalidRequest, operation: "ListObjectsV2",
                    detail: "the continuation token is not of this store")
            }
        }
        guard let behind = request.startAfter else { return first }
        return max(first, firstPosition { behind < $0 })
    }

    private func firstPosition(behindPrefix prefix: ObjectKey) -> Int {
        firstPosition {
            !($0 < prefix) && !$0.rawValue.utf8.starts(with: prefix.rawValue.utf8)
        }
    }

    /// The first position whose key is as asked; all keys behind it must be so too.
    private func firstPosition(_ isBehind: (ObjectKey) -> Bool) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(entries[middle].key) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func delimiter(of request: ListRequest) throws(ObjectStoreError) -> UInt8? {
        guard let text = request.delimiter, !text.isEmpty else { return nil }
        guard text.utf8.count == 1, let byte = text.utf8.first else {
            throw ObjectStoreError(
                .unsupported, operation: "ListObjectsV2",
                detail: "a delimiter must be one ASCII character")
        }
        return byte
    }

    private static func fold(
        _ key: ObjectKey, behind start: Int, at delimiter: UInt8?
    ) -> ObjectKey? {
        guard let delimiter else { return nil }
        let bytes = key.rawValue.utf8
        let rest = bytes.dropFirst(start)
        guard let end = rest.firstIndex(of: delimiter) else { return nil }
        return ObjectKey(String(decoding: bytes[...end], as: UTF8.self))
    }
}
