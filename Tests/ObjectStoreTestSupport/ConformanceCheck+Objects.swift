import Checksums
import ObjectStorage

extension ConformanceCheck {
    static let objects = [
        ConformanceCheck("what was put is what is got, empty and large alike") { bucket in
            for size in [0, 1, 65_537, 3_000_000] {
                let bytes = bucket.bytes(size)
                let stored = try await bucket.put("object", bytes)
                let sink = CollectingSink()
                let attributes = try await bucket.store.get(
                    bucket.key("object"), range: nil, ifMatch: nil, into: sink)
                try bucket.require(sink.bytes == bytes, "the same bytes at size \(size)")
                try bucket.requireEqual(attributes.size, UInt64(size), "size")
                try bucket.requireEqual(attributes.eTag, stored.eTag, "ETag")
                try bucket.requireEqual(attributes.encryption, stored.encryption, "encryption")
                try bucket.require(stored.encryption != .none, "objects are encrypted")
                let head = try await bucket.store.head(bucket.key("object"))
                try bucket.requireEqual(head.size, UInt64(size), "size by head")
                try bucket.requireEqual(head.eTag, stored.eTag, "ETag by head")
            }
        },
        ConformanceCheck("metadata and content type come back as they were put") { bucket in
            let metadata = ["mode": "33188", "mtime": "1700000000.123456789", "x-y_z": "a b; =%"]
            try await bucket.put("object", metadata: metadata, contentType: "text/x-test")
            let head = try await bucket.store.head(bucket.key("object"))
            try bucket.requireEqual(head.userMetadata, metadata, "metadata")
            try bucket.requireEqual(head.contentType, "text/x-test", "content type")
            let got = try await bucket.store.get(
                bucket.key("object"), range: nil, ifMatch: nil, into: CollectingSink())
            try bucket.requireEqual(got.userMetadata, metadata, "metadata by get")
        },
        ConformanceCheck("a key without an object is noSuchKey, and deleting it succeeds") {
            bucket in
            try await bucket.requireError(.noSuchKey, what: "head") {
                try await bucket.store.head(bucket.key("missing"))
            }
            try await bucket.requireError(.noSuchKey, what: "get") {
                try await bucket.get("missing")
            }
            try await bucket.store.delete(bucket.key("missing"), ifMatch: nil)
        },
        ConformanceCheck("a range gives exactly its bytes, and none behind the end") { bucket in
            let bytes = bucket.bytes(200_000)
            let eTag = try await bucket.put("object", bytes).eTag
            for (offset, count) in [(0, 1), (0, 200_000), (199_999, 1), (65_535, 70_000), (7, 0)] {
                let range = ByteRange(offset: UInt64(offset), count: UInt64(count))
                let got = try await bucket.get("object", range: range, ifMatch: eTag)
                try bucket.require(
                    got == Array(bytes[offset..<offset + count]), "bytes of \(offset) + \(count)")
            }
            try await bucket.requireError(.invalidRange, what: "behind the end") {
                try await bucket.get("object", range: ByteRange(offset: 200_000, count: 1))
            }
        },
        ConformanceCheck("a put with a wrong checksum stores nothing") { bucket in
            let wrong = Checksum(algorithm: .crc64NVME, value: 1)
            try await bucket.requireError(.checksumMismatch, what: "wrong checksum") {
                try await bucket.store.put(
                    NewObject(key: bucket.key("object")), body: MemorySource([1, 2, 3]),
                    checksum: wrong)
            }
            try await bucket.requireError(.noSuchKey, what: "afterwards") {
                try await bucket.store.head(bucket.key("object"))
            }
        },
        ConformanceCheck("deleting many deletes those that are there") { bucket in
            for name in ["a", "b&<c>", "d e"] { try await bucket.put(name) }
            let keys = ["a", "b&<c>", "d e", "missing"].map(bucket.key)
            let failed = try await bucket.store.delete(keys)
            try bucket.requireEqual(failed.count, 0, "failures")
            try bucket.requireEqual(try await bucket.list().keys, [], "what is left")
        },
        ConformanceCheck("keys are bytes: every odd one is put, listed, got, copied, deleted") {
            bucket in
            let names = oddNames.filter {
                !$0.contains("\\") || !bucket.deviations.contains(.keysArePaths)
            }
            for name in names {
                let bytes = Array(name.utf8)
                try await bucket.put(name, bytes)
                try bucket.require(try await bucket.get(name) == bytes, "bytes of an odd key")
                try await bucket.store.copy(
                    CopyRequest(
                        source: bucket.key(name), sourceETag: nil,
                        target: NewObject(key: bucket.key(name + "2")),
                        replacesMetadata: false)
                ).require()
                try bucket.require(try await bucket.get(name + "2") == bytes, "bytes of a copy")
            }
            let listed = try await bucket.list().keys.map { Array($0.utf8) }
            let expected = names.flatMap { [$0, $0 + "2"] }.map { Array($0.utf8) }
            try bucket.require(Set(listed) == Set(expected), "all odd keys are listed")
            for name in names {
                try await bucket.store.delete(bucket.key(name), ifMatch: nil)
                try await bucket.requireError(.noSuchKey, what: "deleted") {
                    try await bucket.store.head(bucket.key(name))
                }
            }
        },
        ConformanceCheck("empty path components and trailing slashes belong to a key") { bucket in
            guard !bucket.deviations.contains(.keysArePaths) else {
                return try await checkThatKeysArePaths(bucket)
            }
            let names = ["a", "a/", "a//b", "a/b", "b//"]
            for name in names { try await bucket.put(name, Array(name.utf8)) }
            try bucket.requireEqual(try await bucket.list().keys, names.sorted(), "keys")
            for name in names {
                try bucket.require(
                    try await bucket.get(name) == Array(name.utf8), "bytes behind a slash")
            }
        },
        ConformanceCheck("a key has up to 1,024 bytes and no more") { bucket in
            let room = ObjectKey.maximumLength - bucket.folder.utf8.count
            // Components of at most 200 bytes: servers on file systems cannot hold longer ones.
            let name = String(
                String(repeating: String(repeating: "x", count: 199) + "/", count: 6).prefix(room))
            try await bucket.put(name, [9])
            try bucket.require(try await bucket.get(name) == [9], "bytes of the longest key")
            try bucket.requireEqual(try await bucket.list().keys, [name], "listing")
            try await bucket.requireError(.invalidRequest, what: "1,025 bytes") {
                try await bucket.put(name + "y")
            }
        },
    ]

    private static func checkThatKeysArePaths(_ bucket: ConformanceBucket) async throws {
        try await bucket.put("a//b", [1])
        try await bucket.put("c\\d", [2])
        try bucket.requireEqual(
            Set(try await bucket.list().keys), ["a/b", "c/d"], "keys that became paths, as noted")
        try await bucket.requireError(.invalidRequest, what: "a file where a directory is due") {
            try await bucket.put("a/b/")
        }
    }

    /// Names that a careless client encodes in a wrong way.
    private static let oddNames = [
        "with space", "plus+sign", "percent%41", "a&b=c?d#e", "quote'\"<tag>", "semi;colon:at@",
        "caf\u{E9}", "cafe\u{301}", "\u{1F9EA}\u{4E2D}\u{6587}", "tilde~!*()", "star*dollar$,",
        "dots..x", "[brackets]{braces}|^`", "back\\slash",
    ]
}

extension StoredObject {
    /// Says that the value is not needed.
    fileprivate func require() {}
}
