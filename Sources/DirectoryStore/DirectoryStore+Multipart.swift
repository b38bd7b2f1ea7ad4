import Checksums
import LocalDisk
package import ObjectStorage
import Synchronization

extension DirectoryStore {
    package func createMultipartUpload(
        _ object: NewObject
    ) async throws(ObjectStoreError) -> MultipartUpload {
        let operation = "CreateMultipartUpload"
        try Self.check(object.key, operation)
        try Self.checkCancellation(operation)
        let (files, keys) = (files, keys)
        let identifier = try Identifier.random().hexadecimal
        let record = UploadRecord(object: object, initiated: clock.now())
        try await executor.run { () throws(ObjectStoreError) in
            let sealed = try keys.seal(record.encoded, kind: .upload, place: identifier)
            try files.replace(
                identifier, in: files.uploads,
                with: RecordFrame.wrap(sealed, magic: RecordFrame.upload))
        }
        state.withLock {
            $0.uploads[identifier] = Upload(object: object, initiated: record.initiated)
        }
        return MultipartUpload(key: object.key, identifier: identifier)
    }

    package func uploadPart(
        _ number: PartNumber, of upload: MultipartUpload, body: any ByteSource,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> Part {
        let operation = "UploadPart"
        guard body.count <= capabilities.maximumPartSize else {
            throw ObjectStoreError(.tooLarge, operation: operation, status: 400)
        }
        try checkUpload(upload, operation)
        let written = try await write(body, operation)
        do throws(ObjectStoreError) {
            let record = PartRecord(
                versionID: try Identifier.random(), size: body.count,
                checksums: written.checksums,
                confirmed: try Self.verified(checksum, against: written.checksums, operation),
                extents: [written.extent])
            let part = try await add(record, as: number, to: upload, operation)
            await release([written.identifier])
            return part
        } catch {
            await release([written.identifier])
            throw error
        }
    }

    package func uploadPartCopy(
        _ number: PartNumber, of upload: MultipartUpload, source: ObjectKey, sourceETag: ETag,
        range: ByteRange
    ) async throws(ObjectStoreError) -> Part {
        let operation = "UploadPartCopy"
        try checkUpload(upload, operation)
        return try await withObject(source, operation) { object throws(ObjectStoreError) in
            let manifest = object.manifest
            guard manifest.eTag == sourceETag else {
                throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
            }
            guard !range.isEmpty, range.end <= manifest.size else {
                throw ObjectStoreError(.invalidRange, operation: operation, status: 416)
            }
            let runs = manifest.extents.slice(range)
            guard !manifest.isInline, runs.count <= Self.maximumRunsByReference else {
                let body = ObjectSource(object, range, files: self.files, keys: self.keys)
                return try await self.uploadPart(number, of: upload, body: body, checksum: nil)
            }
            let record = PartRecord(
                versionID: try Identifier.random(), size: range.count, checksums: [],
                confirmed: nil, extents: runs)
            return try await self.add(record, as: number, to: upload, operation)
        }
    }

    private func checkUpload(
        _ upload: MultipartUpload, _ operation: String
    ) throws(ObjectStoreError) {
        try state.withLock { (state) throws(ObjectStoreError) in
            _ = try state.upload(upload, operation)
        }
    }

    private func add(
        _ record: PartRecord, as number: PartNumber, to upload: MultipartUpload,
        _ operation: String
    ) async throws(ObjectStoreError) -> Part {
        let (files, keys) = (files, keys)
        let name = PartRecord.name(upload: upload.identifier, number: number)
        // Alone among the parts of this upload: the last one sent is the one on the disk.
        let unused = try await uploadGate.run(upload.identifier) { () throws(ObjectStoreError) in
            try self.checkUpload(upload, operation)
            try await self.executor.run { () throws(ObjectStoreError) in
                let sealed = try keys.seal(record.encoded, kind: .part, place: name)
                try files.replace(
                    name, in: files.uploads,
                    with: RecordFrame.wrap(sealed, magic: RecordFrame.part))
            }
            return self.state.withLock { state in
                state.retain(record.extents.map(\.file))
                let old = state.uploads[upload.identifier]?.parts.updateValue(
                    record, forKey: number)
                return state.release(old?.extents.map(\.file) ?? [])
            }
        }
        await remove(unused)
        return record.part(number)
    }

    package func completeMultipartUpload(
        _ upload: MultipartUpload, as object: NewObject, parts: [Part], size: UInt64,
        checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        let operation = "CompleteMultipartUpload"
        return try await uploadGate.run(upload.identifier) { () throws(ObjectStoreError) in
            let known = try self.state.withLock { (state) throws(ObjectStoreError) in
                try state.upload(upload, operation)
            }
            let records = try self.records(of: parts, in: known)
            let extents = records.flatMap(\.extents)
            guard extents.byteCount == size else {
                throw ObjectStoreError(
                    .invalidRequest, operation: operation, status: 400,
                    detail: "the parts do not have the object's size")
            }
            let whole = [ChecksumAlgorithm.crc64NVME, .crc32C].compactMap {
                Self.combined(records, $0)
            }
            let manifest = Manifest(
                of: known.object, size: size, versionID: try Identifier.random(),
                partCount: UInt32(parts.count), lastModified: self.clock.now(),
                checksum: try Self.verified(checksum, against: whole, operation),
                extents: extents)
            let stored = try await self.publish(
                manifest, content: nil, condition: object.condition, operation)
            await self.forget(upload)
            return stored
        }
    }

    /// The parts as they were sent, if these are the ones that the caller names.
    private func records(
        of parts: [Part], in upload: Upload
    ) throws(ObjectStoreError) -> [PartRecord] {
        func refuse(_ storeCode: String) -> ObjectStoreError {
            ObjectStoreError(
                .invalidRequest, operation: "CompleteMultipartUpload", status: 400,
                storeCode: storeCode)
        }
        guard !parts.isEmpty, parts.count <= capabilities.maximumPartCount else {
            throw refuse("MalformedXML")
        }
        var records: [PartRecord] = []
        for (index, part) in parts.enumerated() {
            if index > 0, part.number <= parts[index - 1].number {
                throw refuse("InvalidPartOrder")
            }
            guard let record = upload.parts[part.number], record.eTag == part.eTag else {
                throw refuse("InvalidPart")
            }
            if index < parts.count - 1, record.size < capabilities.minimumPartSize {
                throw refuse("EntityTooSmall")
            }
            records.append(record)
        }
        return records
    }

    /// The checksum of all parts; nil when one of them was copied by reference.
    private static func combined(
        _ records: [PartRecord], _ algorithm: ChecksumAlgorithm
    ) -> Checksum? {
        var result: Checksum?
        for record in records {
            guard let next = record.checksum(algorithm) else { return nil }
            guard let before = result else {
                result = next
                continue
            }
            result = before.followed(by: next, nextLength: record.size)
        }
        return result
    }

    package func abortMultipartUpload(
        _ upload: MultipartUpload
    ) async throws(ObjectStoreError) {
        let files = files
        try await uploadGate.run(upload.identifier) { () throws(ObjectStoreError) in
            guard self.state.withLock({ $0.uploads[upload.identifier] != nil }) else { return }
            // The upload's own record first: parts without it are removed by the next start.
            try await self.executor.run { () throws(ObjectStoreError) in
                _ = try files.remove(upload.identifier, in: files.uploads)
            }
            await self.forget(upload)
        }
    }

    /// Forgets an upload and its parts; what a crash leaves of their records is harmless.
    private func forget(_ upload: MultipartUpload) async {
        let identifier = upload.identifier
        guard let known = state.withLock({ $0.uploads.removeValue(forKey: identifier) })
        else { return }
        let files = files
        await executor.run {
            files.removeLater(identifier, in: files.uploads)
            for number in known.parts.keys {
                let name = PartRecord.name(upload: identifier, number: number)
                files.removeLater(name, in: files.uploads)
            }
        }
        await release(known.parts.values.flatMap { $0.extents.map(\.file) })
    }

    package func listParts(
        _ upload: MultipartUpload
    ) async throws(ObjectStoreError) -> [Part] {
        let known = try state.withLock { (state) throws(ObjectStoreError) in
            try state.upload(upload, "ListParts")
        }
        return known.parts.map { $0.value.part($0.key) }.sorted { $0.number < $1.number }
    }

    package func listMultipartUploads(
        prefix: ObjectKey, limit: Int
    ) async throws(ObjectStoreError) -> [(upload: MultipartUpload, initiated: Timestamp)] {
        let uploads = state.withLock { $0.uploads }
        let found = uploads.filter {
            $0.value.object.key.rawValue.utf8.starts(with: prefix.rawValue.utf8)
        }
        let sorted = found.sorted {
            ($0.value.object.key, $0.value.initiated) < ($1.value.object.key, $1.value.initiated)
        }
        return sorted.prefix(max(limit, 0)).map { identifier, upload in
            (
                MultipartUpload(key: upload.object.key, identifier: identifier),
                upload.initiated
            )
        }
    }
}

extension DirectoryStore.State {
    func upload(
        _ upload: MultipartUpload, _ operation: String
    ) throws(ObjectStoreError) -> DirectoryStore.Upload {
        guard let known = uploads[upload.identifier], known.object.key == upload.key else {
            throw ObjectStoreError(.noSuchUpload, operation: operation, status: 404)
        }
        return known
    }
}
