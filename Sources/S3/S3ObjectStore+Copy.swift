import Checksums
import HTTP
package import ObjectStorage
import SigV4
import XML

extension S3ObjectStore {
    package func copy(_ request: CopyRequest) async throws(ObjectStoreError) -> StoredObject {
        let operation = "CopyObject"
        let putID = try client.makePutID()
        let key = try client.bucketKey(request.target.key, operation)
        var headers = try client.writeHeaders(
            for: .copy(replacesMetadata: request.replacesMetadata), request.target, putID: putID)
        try appendSource(request.source, eTag: request.sourceETag, to: &headers, operation)
        headers.append("x-amz-checksum-algorithm", client.current.checksum.rawValue)
        headers.append(request.target.condition)
        let sent = S3Request(operation, .put, key: key, headers: headers, timeouts: .longWork)
        var effectUnknown = false
        return try await client.retrying(.publish, also: [.conflict]) {
            () async throws(ObjectStoreError) in
            do throws(ObjectStoreError) {
                return try await copyOnce(sent, request, operation)
            } catch {
                if effectUnknown, error.code == .preconditionFailed || error.code == .conflict,
                    let stored = try await ownCopy(request, putID: putID, operation)
                {
                    return stored
                }
                effectUnknown = effectUnknown || error.code.leavesEffectUnknown
                throw error
            }
        }
    }

    private func copyOnce(
        _ sent: S3Request, _ request: CopyRequest, _ operation: String
    ) async throws(ObjectStoreError) -> StoredObject {
        let response = try await client.send(sent)
        let result = try CopyResult(
            response.body, operation: operation, root: "CopyObjectResult")
        var head = ObjectHead(response.head.headers)
        head.eTag = result.eTag
        head.lastModified = result.lastModified
        head.checksum = result.checksum ?? head.checksum
        if !head.encryption.satisfies(client.configuration.encryption) {
            // Some stores do not say it here.
            head = try await headOnce(try headRequest(request.target.key)).head
            guard head.eTag == result.eTag else {
                throw ObjectStoreError(
                    .encryptionNotConfirmed, operation: operation, status: 200,
                    detail: "the copy was replaced before its encryption could be checked")
            }
        }
        return try await confirmed(head, request.target.key, operation: operation)
    }

    /// The target as it is now, if an earlier try of this copy made it.
    private func ownCopy(
        _ request: CopyRequest, putID: String, _ operation: String
    ) async throws(ObjectStoreError) -> StoredObject? {
        let head: ObjectHead
        do {
            head = try await headOnce(try headRequest(request.target.key)).head
        } catch {
            guard error.code == .noSuchKey else { throw error }
            return nil
        }
        // A copy with the source's metadata has its put-id too: its content must do.
        let isOwn =
            request.replacesMetadata
            ? head.putID == putID : head.eTag != nil && head.eTag == request.sourceETag
        guard isOwn else { return nil }
        return try await confirmed(head, request.target.key, operation: operation)
    }

    /// The headers that name the source of a copy, for CopyObject and UploadPartCopy.
    func appendSource(
        _ source: ObjectKey, eTag: ETag?, to headers: inout HTTPHeaders, _ operation: String
    ) throws(ObjectStoreError) {
        let key = try client.bucketKey(source, operation)
        let bucket = PercentEncoding.queryComponent(client.configuration.bucket)
        headers.append("x-amz-copy-source", "/\(bucket)/\(PercentEncoding.path(key.rawValue))")
        if let eTag { headers.append("x-amz-copy-source-if-match", eTag.headerValue) }
        if let owner = client.configuration.expectedBucketOwner {
            headers.append("x-amz-source-expected-bucket-owner", owner)
        }
    }
}

/// The document that a copy answers.
/// Source: S3 API Reference, CopyObject and UploadPartCopy, response syntax.
struct CopyResult {
    var eTag: ETag
    var lastModified: Timestamp?
    var checksum: Checksum?

    init(_ body: [UInt8], operation: String, root: String) throws(ObjectStoreError) {
        let fields = try XMLDocument.readResult(body, operation: operation, root: root) {
            (xml) throws(XMLError) in try ResultFields(&xml)
        }
        guard let eTag = fields.eTag else {
            throw .malformed(operation, "the answer has no ETag", status: 200)
        }
        self.eTag = eTag
        lastModified = fields.lastModified
        checksum = fields.checksum
    }
}

/// The elements that CopyObject, UploadPartCopy, CompleteMultipartUpload and the parts of a
/// ListParts answer have in common.
struct ResultFields {
    var eTag: ETag?
    var lastModified: Timestamp?
    /// Over the bytes; a composite is not kept.
    var checksum: Checksum?
    var partNumber: PartNumber?
    var size: UInt64?

    /// Reads the children of the element that was entered.
    init(_ xml: inout XMLReader) throws(XMLError) {
        var isComposite = false
        while let name = try xml.nextChild() {
            switch name {
            case "ETag": eTag = ETag(try xml.text())
            case "LastModified": lastModified = HTTPDate.parseISO8601(try xml.text())
            case "PartNumber": partNumber = Int(try xml.text()).flatMap(PartNumber.init)
            case "Size": size = XMLDocument.number(try xml.text())
            case "ChecksumType": isComposite = try xml.text() == "COMPOSITE"
            case "ChecksumCRC64NVME":
                checksum = Checksum(algorithm: .crc64NVME, headerValue: try xml.text())
            case "ChecksumCRC32C":
                let value = try xml.text()
                checksum = checksum ?? Checksum(algorithm: .crc32C, headerValue: value)
            default: try xml.skip()
            }
        }
        if isComposite { checksum = nil }
    }
}
