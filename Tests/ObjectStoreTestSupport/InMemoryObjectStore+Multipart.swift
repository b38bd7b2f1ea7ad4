import Checksums
package import ObjectStorage
import Synchronization

extension InMemoryObjectStore {
    package func createMultipartUpload(
        _ object: NewObject
    ) async throws(ObjectStoreError) -> MultipartUpload {
        try note(.createMultipartUpload)
        try check(object.key, "CreateMultipartUpload")
        return state.withLock { state in
            let identifier = "upload-\(state.nextUpload)"
            state.nextUpload += 1
            state.uploads[identifier] = Upload(object: object, initiated: state.tick())
            return MultipartUpload(key: object.key, identifier: identifier)
        }
    }

    package func uploadPart(
        _ number: PartNumber, of upload: MultipartUpload, body: any ByteSource,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> Part {
        let operation = "UploadPart"
        try note(.uploadPart)
        guard body.count <= capabilities.maximumPartSize else {
            throw ObjectStoreError(.tooLarge, operation: operation, status: 400)
        }
        let bytes = try Self.read(body, checksum, operation)
        return try add(bytes, as: number, to: upload, operation)
    }

    package func uploadPartCopy(
        _ number: PartNumber, of upload: MultipartUpload, source: ObjectKey, sourceETag: ETag,
        range: ByteRange
    ) async throws(ObjectStoreError) -> Part {
        let operation = "UploadPartCopy"
        try note(.uploadPartCopy)
        let stored = state.withLock { $0.objects[source] }
        guard let stored else {
            throw ObjectStoreError(.noSuchKey, operation: operation, status: 404)
        }
        guard stored.attributes.eTag == sourceETag else {
            throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
        }
        guard !range.isEmpty, range.end <= UInt64(stored.bytes.count) else {
            throw ObjectStoreError(.invalidRange, operation: operation, status: 416)
        }
        let bytes = Array(stored.bytes[Int(range.offset)..<Int(range.end)])
        return try add(bytes, as: number, to: upload, operation)
    }

    private func add(
        _ bytes: [UInt8], as number: PartNumber, to upload: MultipartUpload, _ operation: String
    ) throws(ObjectStoreError) -> Part {
        let part = Part(
            number: number, eTag: Self.eTag(bytes), size: UInt64(bytes.count),
            checksum: Checksum(of: bytes.span, algorithm: .crc64NVME))
        try state.withLock { (state) throws(ObjectStoreError) in
            guard state.uploads[upload.identifier]?.object.key == upload.key else {
                throw ObjectStoreError(.noSuchUpload, operation: operation, status: 404)
            }
            state.uploads[upload.identifier]?.parts[number] = (part, bytes)
        }
        return part
    }

    package func completeMultipartUpload(
        _ upload: MultipartUpload, as object: NewObject, parts: [Part], size: UInt64,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        let operation = "CompleteMultipartUpload"
        try note(.completeMultipartUpload)
        return try state.withLock { (state) throws(ObjectStoreError) in
            guard let known = state.uploads[upload.identifier], known.object.key == upload.key
            else { throw ObjectStoreError(.noSuchUpload, operation: operation, status: 404) }
            try check(object.condition, on: object.key, operation, state)
            let bytes = try assemble(parts, of: known)
            guard UInt64(bytes.count) == size else {
                throw ObjectStoreError(.invalidRequest, operation: operation, status: 400)
            }
            if let checksum, Checksum(of: bytes.span, algorithm: checksum.algorithm) != checksum {
                throw ObjectStoreError(.checksumMismatch, operation: operation, status: 400)
            }
            state.uploads[upload.identifier] = nil
            let eTag = ETag(Self.eTag(bytes).rawValue + "-\(parts.count)")
            return store(known.object, bytes, eTag: eTag, in: &state)
        }
    }

    private func assemble(
        _ parts: [Part], of upload: Upload
    ) throws(ObjectStoreError) -> [UInt8] {
        func refuse(_ storeCode: String) -> ObjectStoreError {
            ObjectStoreError(
                .invalidRequest, operation: "CompleteMultipartUpload", status: 400,
                storeCode: storeCode)
        }
        guard !parts.isEmpty, parts.count <= capabilities.maximumPartCount else {
            throw refuse("MalformedXML")
        }
        var bytes: [UInt8] = []
        var last: PartNumber?
        for (index, part) in parts.enumerated() {
            if let last, part.number <= last { throw refuse("InvalidPartOrder") }
            last = part.number
            guard let held = upload.parts[part.number], held.part.eTag == part.eTag else {
                throw refuse("InvalidPart")
            }
            if index < parts.count - 1, held.part.size < capabilities.minimumPartSize {
                throw refuse("EntityTooSmall")
            }
            bytes += held.bytes
        }
        return bytes
    }

    package func abortMultipartUpload(
        _ upload: MultipartUpload
    ) async throws(ObjectStoreError) {
        try note(.abortMultipartUpload)
        state.withLock { _ = $0.uploads.removeValue(forKey: upload.identifier) }
    }

    package func listParts(
        _ upload: MultipartUpload
    ) async throws(ObjectStoreError) -> [Part] {
        try note(.listParts)
        guard let known = state.withLock({ $0.uploads[upload.identifier] }) else {
            throw ObjectStoreError(.noSuchUpload, operation: "ListParts", status: 404)
        }
        return known.parts.values.map(\.part).sorted { $0.number < $1.number }
    }

    package func listMultipartUploads(
        prefix: ObjectKey, limit: Int
    ) async throws(ObjectStoreError) -> [(upload: MultipartUpload, initiated: Timestamp)] {
        try note(.listMultipartUploads)
        let uploads = state.withLock { $0.uploads }
        let found = uploads.filter {
            $0.value.object.key.rawValue.utf8.starts(with: prefix.rawValue.utf8)
        }
        let sorted = found.sorted {
            ($0.value.object.key, $0.value.initiated) < ($1.value.object.key, $1.value.initiated)
        }
        return sorted.prefix(max(limit, 0)).map {
            (
                MultipartUpload(key: $0.value.object.key, identifier: $0.key),
                $0.value.initiated
            )
        }
    }
}
