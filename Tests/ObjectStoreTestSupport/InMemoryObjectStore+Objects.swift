import Checksums
package import ObjectStorage
import Synchronization

extension InMemoryObjectStore {
    package func verifyAccess() async throws(ObjectStoreError) {
        try note(.verifyAccess)
    }

    package func head(_ key: ObjectKey) async throws(ObjectStoreError) -> ObjectAttributes {
        try note(.head)
        return try existing(key, "HeadObject").attributes
    }

    package func get(
        _ key: ObjectKey, range: ByteRange?, ifMatch eTag: ETag?, into sink: any ByteSink
    ) async throws(ObjectStoreError) -> ObjectAttributes {
        let operation = "GetObject"
        try note(.get)
        let stored = try existing(key, operation)
        guard eTag == nil || eTag == stored.attributes.eTag else {
            throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
        }
        let whole = ByteRange(offset: 0, count: UInt64(stored.bytes.count))
        let wanted = range ?? whole
        guard wanted.end <= whole.end else {
            throw ObjectStoreError(.invalidRange, operation: operation, status: 416)
        }
        // In pieces, as from a network.
        var offset = Int(wanted.offset)
        while offset < Int(wanted.end) {
            let end = min(offset + (64 << 10), Int(wanted.end))
            try sink.receive(stored.bytes.span.extracting(offset..<end))
            offset = end
        }
        return stored.attributes
    }

    package func put(
        _ object: NewObject, body: any ByteSource, checksum: Checksum?
    ) async throws(ObjectStoreError) -> StoredObject {
        let operation = "PutObject"
        try note(.put)
        try check(object.key, operation)
        guard body.count <= capabilities.maximumPartSize else {
            throw ObjectStoreError(.tooLarge, operation: operation, status: 400)
        }
        let bytes = try Self.read(body, checksum, operation)
        return try state.withLock { (state) throws(ObjectStoreError) in
            try check(object.condition, on: object.key, operation, state)
            return store(object, bytes, eTag: Self.eTag(bytes), in: &state)
        }
    }

    package func delete(_ key: ObjectKey, ifMatch eTag: ETag?) async throws(ObjectStoreError) {
        try note(.delete)
        try state.withLock { (state) throws(ObjectStoreError) in
            guard let existing = state.objects[key] else { return }
            guard
                eTag == nil || eTag == existing.attributes.eTag
                    || !capabilities.conditionalDelete
            else {
                throw ObjectStoreError(
                    .preconditionFailed, operation: "DeleteObject", status: 412)
            }
            state.objects[key] = nil
        }
    }

    package func delete(
        _ keys: [ObjectKey]
    ) async throws(ObjectStoreError) -> [(key: ObjectKey, error: ObjectStoreError)] {
        try note(.deleteMany)
        guard keys.count <= 1000 else {
            throw ObjectStoreError(.invalidRequest, operation: "DeleteObjects", status: 400)
        }
        state.withLock { state in
            for key in keys { state.objects[key] = nil }
        }
        return []
    }

    package func copy(_ request: CopyRequest) async throws(ObjectStoreError) -> StoredObject {
        let operation = "CopyObject"
        try note(.copy)
        try check(request.target.key, operation)
        return try state.withLock { (state) throws(ObjectStoreError) in
            guard let source = state.objects[request.source] else {
                throw ObjectStoreError(.noSuchKey, operation: operation, status: 404)
            }
            guard request.sourceETag == nil || request.sourceETag == source.attributes.eTag else {
                throw ObjectStoreError(.preconditionFailed, operation: operation, status: 412)
            }
            try check(request.target.condition, on: request.target.key, operation, state)
            var target = request.target
            if !request.replacesMetadata {
                target.userMetadata = source.attributes.userMetadata ?? [:]
                target.contentType = source.attributes.contentType
            }
            return store(target, source.bytes, eTag: Self.eTag(source.bytes), in: &state)
        }
    }

    package func list(_ request: ListRequest) async throws(ObjectStoreError) -> ListPage {
        try note(.list)
        let all = state.withLock { state in
            state.objects.map { ($0.key, $0.value.attributes) }
        }.sorted { $0.0 < $1.0 }
        var page = ListPage(objects: [], commonPrefixes: [], continuationToken: nil)
        let token = request.continuationToken.map(ObjectKey.init)
        let limit = min(max(request.maximumKeys, 1), 1000)
        var last: ObjectKey?
        for (key, attributes) in all where key.hasPrefix(request.prefix) {
            let folded = key.folded(at: request.delimiter, behind: request.prefix)
            let item = folded ?? key
            if let token, item <= token { continue }
            if token == nil, let start = request.startAfter, key <= start { continue }
            if item == last { continue }
            guard page.objects.count + page.commonPrefixes.count < limit else {
                page.continuationToken = last?.rawValue
                return page
            }
            last = item
            if folded == nil {
                var listed = attributes
                (listed.userMetadata, listed.encryption) = (nil, nil)
                (listed.contentType, listed.checksum) = (nil, nil)
                page.objects.append((key, listed))
            } else {
                page.commonPrefixes.append(item)
            }
        }
        return page
    }

    private func existing(
        _ key: ObjectKey, _ operation: String
    ) throws(ObjectStoreError) -> Stored {
        guard let stored = state.withLock({ $0.objects[key] }) else {
            throw ObjectStoreError(.noSuchKey, operation: operation, status: 404)
        }
        return stored
    }
}

extension ObjectKey {
    /// Byte by byte, unlike `String`.
    fileprivate func hasPrefix(_ prefix: ObjectKey) -> Bool {
        rawValue.utf8.starts(with: prefix.rawValue.utf8)
    }

    /// The common prefix that stands for this key in a listing with a delimiter; nil when the key
    /// stands for itself.
    fileprivate func folded(at delimiter: String?, behind prefix: ObjectKey) -> ObjectKey? {
        guard let delimiter = delimiter?.utf8.first else { return nil }
        let bytes = Array(rawValue.utf8)
        let start = prefix.rawValue.utf8.count
        guard let end = bytes[start...].firstIndex(of: delimiter) else { return nil }
        return ObjectKey(String(decoding: bytes[...end], as: UTF8.self))
    }
}
