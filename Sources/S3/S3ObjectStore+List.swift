import HTTP
import Logging
package import ObjectStorage
import Telemetry
import XML

extension S3ObjectStore {
    package func list(_ request: ListRequest) async throws(ObjectStoreError) -> ListPage {
        let operation = "ListObjectsV2"
        let prefix = client.configuration.keyPrefix.rawValue
        var query: [(name: String, value: String?)] = [
            ("list-type", "2"), ("encoding-type", "url"),
            ("max-keys", String(min(max(request.maximumKeys, 1), 1000))),
            ("prefix", prefix + request.prefix.rawValue),
        ]
        if let delimiter = request.delimiter { query.append(("delimiter", delimiter)) }
        if let token = request.continuationToken {
            query.append(("continuation-token", token))
        } else if let startAfter = request.startAfter {
            query.append(("start-after", prefix + startAfter.rawValue))
        }
        let sent = S3Request(
            operation, .get, key: nil, query: query, bodyLimit: S3Request.longAnswer)
        return try await client.retrying(.read) { () async throws(ObjectStoreError) in
            let response = try await client.send(sent)
            let document = try XMLDocument.readResult(
                response.body, operation: operation, root: "ListBucketResult"
            ) { (xml) throws(XMLError) in try ListDocument(&xml) }
            let (page, dropped) = try document.page(for: request, keyPrefix: prefix)
            if dropped > 0 {
                client.logger.event(
                    .info, "A listing held keys that cannot be used", [.count: dropped])
            }
            return page
        }
    }
}

/// The answer to ListObjectsV2 as written: keys may be percent-encoded still, because the element
/// that says so can stand behind them.
/// Source: S3 API Reference, ListObjectsV2, response syntax.
struct ListDocument {
    struct Entry {
        var key = ""
        var size: UInt64?
        var eTag = ""
        var lastModified: Timestamp?
        var storageClass = ""
    }

    private var entries: [Entry] = []
    private var prefixes: [String] = []
    private var isEncoded = false
    private var isTruncated = false
    private var nextToken: String?

    init(_ xml: inout XMLReader) throws(XMLError) {
        while let name = try xml.nextChild() {
            switch name {
            case "Contents": entries.append(try Self.entry(&xml))
            case "CommonPrefixes": try readPrefixes(&xml)
            case "EncodingType": isEncoded = try xml.text() == "url"
            case "IsTruncated": isTruncated = try xml.text() == "true"
            case "NextContinuationToken": nextToken = try xml.text()
            default: try xml.skip()
            }
        }
    }

    private static func entry(_ xml: inout XMLReader) throws(XMLError) -> Entry {
        var entry = Entry()
        while let name = try xml.nextChild() {
            switch name {
            case "Key": entry.key = try xml.text()
            case "Size": entry.size = XMLDocument.number(try xml.text())
            case "ETag": entry.eTag = try xml.text()
            case "LastModified": entry.lastModified = HTTPDate.parseISO8601(try xml.text())
            case "StorageClass": entry.storageClass = try xml.text()
            default: try xml.skip()
            }
        }
        return entry
    }

    private mutating func readPrefixes(_ xml: inout XMLReader) throws(XMLError) {
        while let name = try xml.nextChild() {
            if name == "Prefix" { prefixes.append(try xml.text()) } else { try xml.skip() }
        }
    }

    /// Sorts, cuts the mount's prefix off, and drops what does not belong there.
    /// - Returns: also how many keys were dropped.
    /// - Throws: `malformedResponse` when the next page cannot be asked for, or an entry has no
    /// size
    ///   or date.
    func page(
        for request: ListRequest, keyPrefix: String
    ) throws(ObjectStoreError) -> (page: ListPage, dropped: Int) {
        let token = try continuation(after: request)
        var dropped = 0
        var objects: [(key: ObjectKey, attributes: ObjectAttributes)] = []
        objects.reserveCapacity(entries.count)
        // The mount's own folder marker is no name in it.
        let marker = keyPrefix.isEmpty || !request.prefix.rawValue.isEmpty ? nil : keyPrefix
        for entry in entries where decoded(entry.key) != marker || marker == nil {
            guard let key = usable(entry.key, request, keyPrefix) else {
                dropped += 1
                continue
            }
            guard let size = entry.size, let lastModified = entry.lastModified else {
                throw .malformed("ListObjectsV2", "an entry has no size or date", status: 200)
            }
            let attributes = ObjectAttributes(
                size: size, eTag: ETag(entry.eTag), lastModified: lastModified,
                storageClass: entry.storageClass.isEmpty ? "STANDARD" : entry.storageClass)
            objects.append((key, attributes))
        }
        var commonPrefixes: [ObjectKey] = []
        for prefix in prefixes {
            guard let delimiter = request.delimiter, let key = usable(prefix, request, keyPrefix),
                key.rawValue.hasSuffix(delimiter)
            else {
                dropped += 1
                continue
            }
            commonPrefixes.append(key)
        }
        dropped += Self.sortOnce(&objects) { $0.key }
        dropped += Self.sortOnce(&commonPrefixes) { $0 }
        let page = ListPage(
            objects: objects, commonPrefixes: commonPrefixes, continuationToken: token)
        return (page, dropped)
    }

    private func continuation(after request: ListRequest) throws(ObjectStoreError) -> String? {
        guard isTruncated else { return nil }
        guard let nextToken, !nextToken.isEmpty else {
            throw .malformed("ListObjectsV2", "no token for the next page", status: 200)
        }
        guard nextToken != request.continuationToken else {
            throw .malformed("ListObjectsV2", "the token leads to the same page", status: 200)
        }
        return nextToken
    }

    /// The key as in the bucket; nil when it is no text.
    private func decoded(_ raw: String) -> String? {
        isEncoded ? PercentDecoding.decode(raw) : raw
    }

    /// The key relative to the mount; nil when it cannot be named again or was not asked for.
    private func usable(
        _ raw: String, _ request: ListRequest, _ keyPrefix: String
    ) -> ObjectKey? {
        guard let text = decoded(raw), ObjectKey(text).isStorable else { return nil }
        let expected = Array((keyPrefix + request.prefix.rawValue).utf8)
        guard text.utf8.starts(with: expected) else { return nil }
        // Cut by bytes: a combining mark behind the prefix would merge with its last character.
        let relative = String(decoding: text.utf8.dropFirst(keyPrefix.utf8.count), as: UTF8.self)
        return relative.isEmpty ? nil : ObjectKey(relative)
    }

    /// Sorts by bytes and keeps one of equals.
    /// - Returns: how many were dropped.
    private static func sortOnce<Element>(
        _ elements: inout [Element], by key: (Element) -> ObjectKey
    ) -> Int {
        let count = elements.count
        let isAscending = zip(elements, elements.dropFirst()).allSatisfy { key($0) < key($1) }
        guard !isAscending else { return 0 }
        elements.sort { key($0) < key($1) }
        var kept: [Element] = []
        kept.reserveCapacity(count)
        for element in elements where kept.last.map({ key($0) != key(element) }) ?? true {
            kept.append(element)
        }
        elements = kept
        return count - kept.count
    }
}
