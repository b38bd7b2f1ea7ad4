import ObjectStorage

extension ConformanceCheck {
    static let copies = [
        ConformanceCheck("a copy has the source's content and metadata, or new metadata") {
            bucket in
            let bytes = bucket.bytes(10_000)
            let source = try await bucket.put("source", bytes, metadata: ["kept": "1"])
            func copy(_ target: NewObject, replaces: Bool) async throws -> StoredObject {
                try await bucket.store.copy(
                    CopyRequest(
                        source: bucket.key("source"), sourceETag: source.eTag, target: target,
                        replacesMetadata: replaces))
            }
            let kept = try await copy(NewObject(key: bucket.key("kept")), replaces: false)
            try bucket.require(kept.encryption != .none, "a copy is encrypted")
            try bucket.require(try await bucket.get("kept") == bytes, "bytes")
            let head = try await bucket.store.head(bucket.key("kept"))
            try bucket.requireEqual(head.userMetadata, ["kept": "1"], "metadata kept")
            let renewed = NewObject(key: bucket.key("renewed"), userMetadata: ["new": "2"])
            _ = try await copy(renewed, replaces: true)
            let renewedHead = try await bucket.store.head(bucket.key("renewed"))
            try bucket.requireEqual(renewedHead.userMetadata, ["new": "2"], "metadata replaced")
            let inPlace = NewObject(key: bucket.key("source"), userMetadata: ["own": "3"])
            _ = try await copy(inPlace, replaces: true)
            let own = try await bucket.store.head(bucket.key("source"))
            try bucket.requireEqual(own.userMetadata, ["own": "3"], "metadata changed in place")
            try bucket.require(try await bucket.get("source") == bytes, "content kept in place")
        },
        ConformanceCheck("a copy fails when its source is missing or replaced") { bucket in
            func copy(_ name: String, _ eTag: ETag?) async throws -> StoredObject {
                try await bucket.store.copy(
                    CopyRequest(
                        source: bucket.key(name), sourceETag: eTag,
                        target: NewObject(key: bucket.key("target")), replacesMetadata: false))
            }
            try await bucket.requireError(.noSuchKey, what: "missing") {
                try await copy("missing", nil)
            }
            let old = try await bucket.put("source", [1])
            try await bucket.put("source", [2])
            try await bucket.requireError(.preconditionFailed, what: "replaced") {
                try await copy("source", old.eTag)
            }
            try await bucket.requireError(.noSuchKey, what: "no target was made") {
                try await bucket.store.head(bucket.key("target"))
            }
        },
        ConformanceCheck("a copy onto a key that must be absent leaves the object there") {
            bucket in
            let source = try await bucket.put("source", [1])
            try await bucket.put("target", [2])
            func copy() async throws -> StoredObject {
                try await bucket.store.copy(
                    CopyRequest(
                        source: bucket.key("source"), sourceETag: source.eTag,
                        target: NewObject(key: bucket.key("target"), condition: .ifAbsent),
                        replacesMetadata: false))
            }
            if bucket.deviations.contains(.copyIgnoresConditions) {
                _ = try await copy()
                return try bucket.requireEqual(
                    try await bucket.get("target"), [1], "replaced, as noted")
            }
            try await bucket.requireError(.preconditionFailed, what: "the target exists") {
                try await copy()
            }
            try bucket.requireEqual(try await bucket.get("target"), [2], "target")
        },
    ]
}
