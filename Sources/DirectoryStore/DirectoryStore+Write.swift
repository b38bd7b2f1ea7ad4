import Checksums
import LocalDisk
package import ObjectStorage
import Synchronization

extension DirectoryStore {
    package func put(
        _ object: NewObject, body: any ByteSource, checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        let operation = "PutObject"
        try Self.check(object.key, operation)
        guard body.count <= capabilities.maximumPartSize else {
            throw ObjectStoreError(.tooLarge, operation: operation, status: 400)
        }
        // Looked at again when the object is published; here it saves writing in vain.
        try state.withLock { (state) throws(ObjectStoreError) in
            try state.check(object.condition, on: object.key, operation)
        }
        let version = try Identifier.random()
        guard body.count > Self.inlineLimit else {
            let bytes = try await inlineBytes(of: body)
            let known = try Self.verified(
                checksum,
                against: [.crc64NVME, .crc32C].map { Checksum(of: bytes.span, algorithm: $0) },
                operation)
            let manifest = Manifest(
                of: object, size: body.count, versionID: version, lastModified: clock.now(),
                checksum: known, extents: [], isInline: true)
            return try await publish(
                manifest, content: bytes, condition: object.condition, operation)
        }
        let written = try await write(body, operation)
        do throws(ObjectStoreError) {
            let known = try Self.verified(checksum, against: written.checksums, operation)
            let manifest = Manifest(
                of: object, size: body.count, versionID: version, lastModified: clock.now(),
                checksum: known, extents: [written.extent])
            let stored = try await publish(
                manifest, content: nil, condition: object.condition, operation)
            await release([written.identifier])
            return stored
        } catch {
            await release([written.identifier])
            throw error
        }
    }

    /// Reads a small body whole.
    private func inlineBytes(of body: any ByteSource) async throws(ObjectStoreError) -> [UInt8] {
        try await executor.run { () throws(ObjectStoreError) in
            let bytes = try [UInt8](capacity: Int(body.count)) {
                (output: inout OutputSpan<UInt8>) throws(ObjectStoreError) in
                try body.read(at: 0, into: &output)
            }
            guard bytes.count == body.count else {
                throw ObjectStoreError(
                    .localDisk, operation: "read", detail: "a source ended before its size")
            }
            return bytes
        }
    }

    /// Writes a body to a data file of its own, which the caller releases.
    func write(
        _ body: any ByteSource, _ operation: String
    ) async throws(ObjectStoreError) -> DataFileWriter {
        let (files, keys) = (files, keys)
        let writer = try await executor.run { () throws(ObjectStoreError) in
            try DataFileWriter(source: body, files: files, keys: keys)
        }
        state.withLock { $0.retain([writer.identifier]) }
        do throws(ObjectStoreError) {
            var isMore = true
            while isMore {
                try Self.checkCancellation(operation)
                isMore = try await executor.run { () throws(ObjectStoreError) in
                    try writer.step()
                }
            }
            return writer
        } catch {
            await release([writer.identifier])
            throw error
        }
    }

    /// The checksum to keep: the caller's, when the bytes have it; else CRC-64/NVME.
    static func verified(
        _ wanted: Checksum?, against known: [Checksum], _ operation: String
    ) throws(ObjectStoreError) -> Checksum? {
        guard let wanted else { return known.first { $0.algorithm == .crc64NVME } }
        guard let computed = known.first(where: { $0.algorithm == wanted.algorithm }) else {
            return nil
        }
        guard computed == wanted else {
            throw ObjectStoreError(.checksumMismatch, operation: operation, status: 400)
        }
        return wanted
    }

    /// Makes a version the object of its key, durably, if the condition holds.
    ///
    /// Before the rename nothing has changed; after it the object is the new one. When the disk
    /// fails in between, the old version's data are kept, since a power cut may bring it back.
    /// - Parameter content: the content of an inline object.
    func publish(
        _ manifest: Manifest, content: [UInt8]?, condition: WriteCondition, _ operation: String
    ) async throws(ObjectStoreError) -> StoredObject {
        let (files, keys) = (files, keys)
        let name = keys.fileName(of: manifest.key)
        var bytes = RecordFrame.wrap(
            try keys.seal(manifest.encoded, kind: .manifest, place: name),
            magic: RecordFrame.object)
        if let content {
            bytes += try keys.seal(
                content, kind: .inlineContent, place: StoreFiles.inlinePlace(of: manifest, keys))
        }
        let file = bytes
        let entry = IndexEntry(manifest)
        let unused = try await gate.run(manifest.key) { () throws(ObjectStoreError) in
            let isDamaged = try self.state.withLock { (state) throws(ObjectStoreError) in
                try state.check(condition, on: manifest.key, operation)
                return state.damaged.contains(name)
            }
            try Self.checkCancellation(operation)
            let (isReplaced, failure) = await self.executor.run {
                var isReplaced = false
                do throws(ObjectStoreError) {
                    let directory = files.shard(files.objects, of: name)
                    if isDamaged { try files.putAside(name, from: directory) }
                    try files.replace(
                        name, in: directory, with: file, isReplaced: &isReplaced)
                    return (true, ObjectStoreError?.none)
                } catch {
                    return (isReplaced, error)
                }
            }
            let unused = self.state.withLock { state -> [Identifier] in
                guard isReplaced else { return [] }
                state.damaged.remove(name)
                state.retain(entry.files)
                let old = state.index.insert(entry)
                return failure == nil ? state.release(old?.files ?? []) : []
            }
            if let failure { throw failure }
            return unused
        }
        await remove(unused)
        return manifest.storedObject
    }

    package func delete(
        _ key: ObjectKey, ifMatch eTag: ETag?
    ) async throws(ObjectStoreError) {
        let operation = "DeleteObject"
        try Self.checkCancellation(operation)
        let files = files
        let name = keys.fileName(of: key)
        let unused = try await gate.run(key) { () throws(ObjectStoreError) in
            let (entry, isDamaged) = self.state.withLock { state in
                (state.index[key], state.damaged.contains(name))
            }
            if isDamaged {
                try await self.executor.run { () throws(ObjectStoreError) in
                    try files.putAside(name, from: files.shard(files.objects, of: name))
                }
                self.state.withLock { _ = $0.damaged.remove(name) }
            }
            guard let entry else { return [Identifier]() }
            guard eTag == nil || eTag == entry.eTag else {
                throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
            }
            try await self.executor.run { () throws(ObjectStoreError) in
                _ = try files.remove(name, in: files.shard(files.objects, of: name))
            }
            return self.state.withLock { state in
                state.release(state.index.remove(key)?.files ?? [])
            }
        }
        await remove(unused)
    }

    package func delete(
        _ keys: [ObjectKey]
    ) async throws(ObjectStoreError) -> [(key: ObjectKey, error: ObjectStoreError)] {
        guard keys.count <= 1000 else {
            throw ObjectStoreError(.invalidRequest, operation: "DeleteObjects", status: 400)
        }
        var failed: [(key: ObjectKey, error: ObjectStoreError)] = []
        for key in keys {
            do throws(ObjectStoreError) {
                try await delete(key, ifMatch: nil)
            } catch {
                if error.code == .cancelled { throw error }
                failed.append((key, error))
            }
        }
        return failed
    }

    package func copy(_ request: CopyRequest) async throws(ObjectStoreError) -> StoredObject {
        let operation = "CopyObject"
        try Self.check(request.target.key, operation)
        let (files, keys) = (files, keys)
        return try await withObject(request.source, operation) { object throws(ObjectStoreError) in
            let source = object.manifest
            guard request.sourceETag == nil || request.sourceETag == source.eTag else {
                throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
            }
            var target = request.target
            if !request.replacesMetadata {
                target.userMetadata = source.userMetadata
                target.contentType = source.contentType
            }
            let content: [UInt8]? =
                source.isInline
                ? try await self.executor.run { () throws(ObjectStoreError) in
                    try files.inlineContent(of: object, keys: keys)
                } : nil
            let manifest = Manifest(
                of: target, size: source.size, versionID: try Identifier.random(),
                lastModified: self.clock.now(), checksum: source.checksum,
                extents: source.extents, isInline: source.isInline)
            return try await self.publish(
                manifest, content: content, condition: request.target.condition, operation)
        }
    }
}

extension DirectoryStore.State {
    func check(
        _ condition: WriteCondition, on key: ObjectKey, _ operation: String
    ) throws(ObjectStoreError) {
        let holds =
            switch condition {
            case .none: true
            case .ifAbsent: index[key] == nil
            case .ifMatch(let eTag): index[key]?.eTag == eTag
            }
        guard holds else {
            throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
        }
    }
}
