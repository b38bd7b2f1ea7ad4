import HTTP
package import ObjectStorage
import XML

extension S3ObjectStore {
    package func listParts(
        _ upload: MultipartUpload
    ) async throws(ObjectStoreError) -> [Part] {
        var parts: [Part] = []
        var marker: Int?
        // 10,000 parts are ten full pages; a store may give smaller ones.
        repeat {
            let page = try await listParts(upload, after: marker)
            for part in page.parts {
                // Numbers ascend: a page that repeats or goes back would never end.
                guard parts.last.map({ $0.number < part.number }) ?? true else {
                    throw .malformed("ListParts", "part numbers do not ascend", status: 200)
                }
                parts.append(part)
            }
            marker = page.next
        } while marker != nil
        if let last = parts.last, last.number == ProbePart.number, last.size == ProbePart.size {
            parts.removeLast()
        }
        return parts
    }

    private func listParts(
        _ upload: MultipartUpload, after marker: Int?
    ) async throws(ObjectStoreError) -> (parts: [Part], next: Int?) {
        let operation = "ListParts"
        var query: [(name: String, value: String?)] = [("uploadId", upload.identifier)]
        if let marker { query.append(("part-number-marker", String(marker))) }
        let request = S3Request(
            operation, .get, key: try client.bucketKey(upload.key, operation), query: query,
            bodyLimit: S3Request.longAnswer)
        return try await client.retrying(.read) { () async throws(ObjectStoreError) in
            let response = try await client.send(request)
            let document = try XMLDocument.readResult(
                response.body, operation: operation, root: "ListPartsResult"
            ) { (xml) throws(XMLError) in try PartsDocument(&xml) }
            return try document.page(after: marker)
        }
    }
}

/// The answer to ListParts.
/// Source: S3 API Reference, ListParts, response syntax.
private struct PartsDocument {
    private var parts: [ResultFields] = []
    private var isTruncated = false
    private var next: Int?

    init(_ xml: inout XMLReader) throws(XMLError) {
        while let name = try xml.nextChild() {
            switch name {
            case "Part": parts.append(try ResultFields(&xml))
            case "IsTruncated": isTruncated = try xml.text() == "true"
            case "NextPartNumberMarker": next = Int(try xml.text())
            default: try xml.skip()
            }
        }
    }

    func page(after marker: Int?) throws(ObjectStoreError) -> (parts: [Part], next: Int?) {
        var page: [Part] = []
        for part in parts {
            guard let number = part.partNumber, let eTag = part.eTag, let size = part.size else {
                throw .malformed("ListParts", "a part has no number, ETag or size", status: 200)
            }
            page.append(
                Part(number: number, eTag: eTag, size: size, checksum: part.checksum))
        }
        guard isTruncated else { return (page, nil) }
        guard let next, next > marker ?? 0 else {
            throw .malformed("ListParts", "no way to the next page", status: 200)
        }
        return (page, next)
    }
}
