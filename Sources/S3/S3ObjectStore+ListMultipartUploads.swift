import HTTP
package import ObjectStorage
import XML

extension S3ObjectStore {
    package func listMultipartUploads(
        prefix: ObjectKey, limit: Int
    ) async throws(ObjectStoreError) -> [(upload: MultipartUpload, initiated: Timestamp)] {
        var uploads: [(upload: MultipartUpload, initiated: Timestamp)] = []
        var marker: UploadsDocument.Marker?
        while uploads.count < limit {
            let document = try await uploadsPage(prefix: prefix, after: marker)
            uploads += document.uploads(
                below: prefix, keyPrefix: client.configuration.keyPrefix.rawValue)
            let next = try document.next(after: marker)
            guard let next else { break }
            marker = next
        }
        return Array(uploads.prefix(max(limit, 0)))
    }

    private func uploadsPage(
        prefix: ObjectKey, after marker: UploadsDocument.Marker?
    ) async throws(ObjectStoreError) -> UploadsDocument {
        let operation = "ListMultipartUploads"
        var query: [(name: String, value: String?)] = [
            // No encoding-type: some servers name it in the answer and do not encode. Characters
            // that XML cannot hold come as references, which the reader takes.
            ("uploads", nil),
            ("prefix", client.configuration.keyPrefix.rawValue + prefix.rawValue),
        ]
        if let marker {
            query.append(("key-marker", marker.key))
            query.append(("upload-id-marker", marker.identifier))
        }
        let request = S3Request(
            operation, .get, key: nil, query: query, bodyLimit: S3Request.longAnswer)
        return try await client.retrying(.read) { () async throws(ObjectStoreError) in
            let response = try await client.send(request)
            return try XMLDocument.readResult(
                response.body, operation: operation, root: "ListMultipartUploadsResult"
            ) { (xml) throws(XMLError) in try UploadsDocument(&xml) }
        }
    }
}

/// The answer to ListMultipartUploads. Keys may be percent-encoded still.
/// Source: S3 API Reference, ListMultipartUploads, response syntax.
private struct UploadsDocument: Sendable {
    struct Marker: Hashable {
        var key: String
        var identifier: String
    }

    private struct Entry {
        var key = ""
        var identifier = ""
        var initiated: Timestamp?
    }

    private var entries: [Entry] = []
    private var isEncoded = false
    private var isTruncated = false
    private var nextKey: String?
    private var nextIdentifier: String?

    init(_ xml: inout XMLReader) throws(XMLError) {
        while let name = try xml.nextChild() {
            switch name {
            case "Upload": entries.append(try Self.entry(&xml))
            case "EncodingType": isEncoded = try xml.text() == "url"
            case "IsTruncated": isTruncated = try xml.text() == "true"
            case "NextKeyMarker": nextKey = try xml.text()
            case "NextUploadIdMarker": nextIdentifier = try xml.text()
            default: try xml.skip()
            }
        }
    }

    private static func entry(_ xml: inout XMLReader) throws(XMLError) -> Entry {
        var entry = Entry()
        while let name = try xml.nextChild() {
            switch name {
            case "Key": entry.key = try xml.text()
            case "UploadId": entry.identifier = try xml.text()
            case "Initiated": entry.initiated = HTTPDate.parseISO8601(try xml.text())
            default: try xml.skip()
            }
        }
        return entry
    }

    /// The uploads that belong below the prefix, with keys relative to the mount.
    func uploads(
        below prefix: ObjectKey, keyPrefix: String
    ) -> [(upload: MultipartUpload, initiated: Timestamp)] {
        let expected = Array((keyPrefix + prefix.rawValue).utf8)
        return entries.compactMap { entry in
            guard let key = decode(entry.key), key.utf8.starts(with: expected),
                !entry.identifier.isEmpty, let initiated = entry.initiated
            else { return nil }
            let relative = String(
                decoding: key.utf8.dropFirst(keyPrefix.utf8.count), as: UTF8.self)
            let upload = MultipartUpload(
                key: ObjectKey(relative), identifier: entry.identifier)
            return (upload, initiated)
        }
    }

    func next(after marker: Marker?) throws(ObjectStoreError) -> Marker? {
        guard isTruncated else { return nil }
        guard let nextKey = nextKey.flatMap(decode), !nextKey.isEmpty else {
            throw .malformed("ListMultipartUploads", "no way to the next page", status: 200)
        }
        let next = Marker(key: nextKey, identifier: nextIdentifier ?? "")
        guard next != marker else {
            throw .malformed("ListMultipartUploads", "the same page again", status: 200)
        }
        return next
    }

    private func decode(_ raw: String) -> String? {
        isEncoded ? PercentDecoding.decode(raw) : raw
    }
}
