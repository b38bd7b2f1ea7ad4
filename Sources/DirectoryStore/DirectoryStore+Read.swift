import LocalDisk
package import ObjectStorage
import Synchronization

extension DirectoryStore {
    /// How often a read looks again when the object is replaced between two looks.
    private static let maximumLooks = 10

    package func head(_ key: ObjectKey) async throws(ObjectStoreError) -> ObjectAttributes {
        try await withObject(key, "HeadObject") { object throws(ObjectStoreError) in
            object.manifest.attributes
        }
    }

    package func get(
        _ key: ObjectKey, range: ByteRange?, ifMatch eTag: ETag?, into sink: any ByteSink
    ) async throws(ObjectStoreError) -> ObjectAttributes {
        let operation = "GetObject"
        return try await withObject(key, operation) { object throws(ObjectStoreError) in
            let manifest = object.manifest
            guard eTag == nil || eTag == manifest.eTag else {
                throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
            }
            let wanted = range ?? ByteRange(offset: 0, count: manifest.size)
            guard wanted.end <= manifest.size else {
                throw ObjectStoreError(.invalidRange, operation: operation, status: 416)
            }
            try await self.send(wanted, of: object, into: sink, operation)
            return manifest.attributes
        }
    }

    /// Opens an object and keeps its data files while `body` runs.
    func withObject<Value: Sendable>(
        _ key: ObjectKey, _ operation: String,
        _ body: (StoreFiles.OpenObject) async throws(ObjectStoreError) -> Value
    ) async throws(ObjectStoreError) -> Value {
        let (files, keys) = (files, keys)
        let name = keys.fileName(of: key)
        for _ in 0..<Self.maximumLooks {
            try Self.checkCancellation(operation)
            let entry = try retained(key, name: name, operation)
            let object: StoreFiles.OpenObject
            do throws(ObjectStoreError) {
                object = try await executor.run { () throws(ObjectStoreError) in
                    try files.openObject(name, keys: keys)
                }
            } catch {
                await release(entry.files)
                // Deleted between the two looks: the next one tells.
                if error.code == .noSuchKey { continue }
                throw error
            }
            guard object.manifest.eTag == entry.eTag else {
                await release(entry.files)
                continue
            }
            do throws(ObjectStoreError) {
                let value = try await body(object)
                await release(entry.files)
                return value
            } catch {
                await release(entry.files)
                throw error
            }
        }
        throw ObjectStoreError(
            .conflict, operation: operation, status: 409,
            detail: "the object is being replaced again and again")
    }

    /// The index entry of a key, whose data files stay until they are released.
    private func retained(
        _ key: ObjectKey, name: String, _ operation: String
    ) throws(ObjectStoreError) -> IndexEntry {
        try state.withLock { (state) throws(ObjectStoreError) in
            if let entry = state.index[key] {
                state.retain(entry.files)
                return entry
            }
            guard !state.damaged.contains(name) else {
                throw ObjectStoreError(
                    .checksumMismatch, operation: operation,
                    detail: "the object's record is damaged; it was kept")
            }
            throw ObjectStoreError(.noSuchKey, operation: operation, status: 404)
        }
    }

    /// Sends a range, a few MiB for each turn of a thread, so that a cancelled caller is heard.
    private func send(
        _ range: ByteRange, of object: StoreFiles.OpenObject, into sink: any ByteSink,
        _ operation: String
    ) async throws(ObjectStoreError) {
        guard !range.isEmpty else { return }
        let (files, keys) = (files, keys)
        if object.manifest.isInline {
            return try await executor.run { () throws(ObjectStoreError) in
                let bytes = try files.inlineContent(of: object, keys: keys)
                let wanted = Int(range.offset)..<Int(range.end)
                try sink.receive(bytes.span.extracting(wanted))
            }
        }
        for extent in object.manifest.extents.slice(range) {
            let (reader, sent) = try await executor.run { () throws(ObjectStoreError) in
                let reader = try DataFileReader(extent, files: files, keys: keys)
                return (reader, try reader.sendTurn(from: 0, into: sink))
            }
            var offset = sent
            while offset < extent.range.count {
                try Self.checkCancellation(operation)
                let start = offset
                offset = try await executor.run { () throws(ObjectStoreError) in
                    try reader.sendTurn(from: start, into: sink)
                }
            }
        }
    }
}

extension DataFileReader {
    /// Bytes that one turn of a thread sends.
    private static let turnSize: UInt64 = 4 << 20

    /// - Returns: the offset behind what was sent.
    func sendTurn(from start: UInt64, into sink: any ByteSink) throws(ObjectStoreError) -> UInt64 {
        let end = min(count, start + Self.turnSize)
        var offset = start
        while offset < end {
            offset += try send(ByteRange(offset: offset, count: end - offset), into: sink)
        }
        return offset
    }
}

extension StoreFiles {
    /// The content that stands in an object's own file. Blocks for the disk.
    func inlineContent(
        of object: OpenObject, keys: StoreKeys
    ) throws(ObjectStoreError) -> [UInt8] {
        let manifest = object.manifest
        let sealed = try read(
            object.file, at: object.contentOffset,
            count: Int(min(manifest.size, DirectoryStore.inlineLimit)) + StoreKeys.overhead)
        let place = Self.inlinePlace(of: manifest, keys)
        guard let bytes = keys.open(sealed, kind: .inlineContent, place: place),
            bytes.count == manifest.size
        else { throw Self.damaged("the content is not as it was sealed") }
        return bytes
    }

    /// What inline content is bound to: its object and version.
    static func inlinePlace(of manifest: Manifest, _ keys: StoreKeys) -> String {
        keys.fileName(of: manifest.key) + manifest.versionID.hexadecimal
    }
}
