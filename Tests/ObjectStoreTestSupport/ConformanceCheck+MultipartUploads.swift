import Checksums
import ObjectStorage

extension ConformanceCheck {
    static let multipartUploads = [
        ConformanceCheck("parts sent in any order make the object in the order of their numbers") {
            bucket in
            let upload = try await bucket.begin("object", metadata: ["a": "b"])
            let first = bucket.bytes(bucket.partSize, salt: 1)
            let second = bucket.bytes(bucket.partSize + 17, salt: 2)
            let third = bucket.bytes(5, salt: 3)
            let part3 = try await bucket.part(9, of: upload, third)
            let part1 = try await bucket.part(2, of: upload, first)
            let part2 = try await bucket.part(3, of: upload, second)
            let listed = try await bucket.store.listParts(upload)
            try bucket.requireEqual(listed.map(\.number.rawValue), [2, 3, 9], "numbers")
            try bucket.requireEqual(
                listed.map(\.eTag), [part1, part2, part3].map(\.eTag), "ETags")
            try bucket.requireEqual(
                listed.map(\.size), [first, second, third].map { UInt64($0.count) }, "sizes")
            let whole = first + second + third
            let stored = try await bucket.complete(
                upload, "object", [part1, part2, part3], whole, metadata: ["a": "b"])
            try bucket.require(stored.encryption != .none, "encrypted")
            try bucket.require(try await bucket.get("object") == whole, "bytes")
            let head = try await bucket.store.head(bucket.key("object"))
            try bucket.requireEqual(head.eTag, stored.eTag, "ETag")
            try bucket.requireEqual(head.userMetadata, ["a": "b"], "metadata")
            let seam = UInt64(first.count - 3)
            let across = try await bucket.get(
                "object", range: ByteRange(offset: seam, count: 6), ifMatch: stored.eTag)
            try bucket.require(
                across == Array(whole[Int(seam)..<Int(seam) + 6]), "bytes across parts")
        },
        ConformanceCheck("a part that is sent again replaces the first") { bucket in
            let upload = try await bucket.begin("object")
            _ = try await bucket.part(1, of: upload, [1, 1, 1])
            let part = try await bucket.part(1, of: upload, [2, 2])
            _ = try await bucket.complete(upload, "object", [part], [2, 2])
            try bucket.requireEqual(try await bucket.get("object"), [2, 2], "content")
        },
        ConformanceCheck("a part can be copied from a range of an object of a known version") {
            bucket in
            let source = bucket.bytes(2 * bucket.partSize)
            let version = try await bucket.put("source", source)
            let upload = try await bucket.begin("object")
            let range = ByteRange(offset: 5, count: UInt64(bucket.partSize))
            let copied = try await bucket.copyPart(1, of: upload, "source", version.eTag, range)
            try bucket.requireEqual(copied.size, range.count, "size of the part")
            try await bucket.requireError(.preconditionFailed, what: "another version") {
                try await bucket.copyPart(2, of: upload, "source", ETag("other"), range)
            }
            let tail = try await bucket.part(2, of: upload, [7, 8, 9])
            let whole = Array(source[5..<5 + bucket.partSize]) + [7, 8, 9]
            _ = try await bucket.complete(upload, "object", [copied, tail], whole)
            try bucket.require(try await bucket.get("object") == whole, "bytes")
        },
        ConformanceCheck("an upload that was thrown away is gone") { bucket in
            let upload = try await bucket.begin("object")
            let part = try await bucket.part(1, of: upload, [1])
            try await bucket.store.abortMultipartUpload(upload)
            try await bucket.store.abortMultipartUpload(upload)
            try await bucket.requireError(.noSuchUpload, what: "listing") {
                try await bucket.store.listParts(upload)
            }
            try await bucket.requireError(.noSuchUpload, what: "another part") {
                try await bucket.part(2, of: upload, [2])
            }
            try await bucket.requireError(.noSuchUpload, what: "completing") {
                try await bucket.complete(upload, "object", [part], [1])
            }
            try await bucket.requireError(.noSuchKey, what: "no object") {
                try await bucket.store.head(bucket.key("object"))
            }
        },
        ConformanceCheck("uploads under way are listed below their prefix, until completed") {
            bucket in
            let one = try await bucket.begin("x/odd name+%")
            let other = try await bucket.begin("y")
            let all = try await bucket.store.listMultipartUploads(
                prefix: bucket.key(""), limit: 10)
            try bucket.requireEqual(Set(all.map(\.upload)), [one, other], "all uploads")
            let below = try await bucket.store.listMultipartUploads(
                prefix: bucket.key("x/"), limit: 10)
            try bucket.requireEqual(below.map(\.upload), [one], "uploads below x/")
            try bucket.requireEqual(try await bucket.list().keys, [], "no object yet")
            let part = try await bucket.part(1, of: other, [1])
            _ = try await bucket.complete(other, "y", [part], [1])
            let left = try await bucket.store.listMultipartUploads(
                prefix: bucket.key(""), limit: 10)
            try bucket.requireEqual(left.map(\.upload), [one], "what is left")
        },
        ConformanceCheck("an upload is completed only if its condition holds") { bucket in
            let first = try await bucket.put("object", [1])
            let upload = try await bucket.begin("object")
            let part = try await bucket.part(1, of: upload, [2, 2])
            try await bucket.requireError(.preconditionFailed, what: "ifAbsent") {
                try await bucket.complete(upload, "object", [part], [2, 2], .ifAbsent)
            }
            try await bucket.requireError(.preconditionFailed, what: "ifMatch of another") {
                try await bucket.complete(
                    upload, "object", [part], [2, 2], .ifMatch(ETag("other")))
            }
            try bucket.requireEqual(try await bucket.get("object"), [1], "still the first")
            _ = try await bucket.complete(
                upload, "object", [part], [2, 2], .ifMatch(first.eTag))
            try bucket.requireEqual(try await bucket.get("object"), [2, 2], "replaced")
        },
        ConformanceCheck("a part with a wrong checksum is refused") { bucket in
            let upload = try await bucket.begin("object")
            guard let number = PartNumber(1) else { return }
            try await bucket.requireError(.checksumMismatch, what: "wrong checksum") {
                try await bucket.store.uploadPart(
                    number, of: upload, body: MemorySource([1, 2, 3]),
                    checksum: Checksum(algorithm: .crc64NVME, value: 1))
            }
        },
    ]
}

extension ConformanceBucket {
    fileprivate func begin(
        _ name: String, metadata: [String: String] = [:]
    ) async throws -> MultipartUpload {
        try await store.createMultipartUpload(
            NewObject(key: key(name), userMetadata: metadata))
    }

    fileprivate func number(_ value: Int) throws -> PartNumber {
        guard let number = PartNumber(value) else {
            throw ConformanceFailure(description: "no part number")
        }
        return number
    }

    fileprivate func part(
        _ value: Int, of upload: MultipartUpload, _ bytes: [UInt8]
    ) async throws -> Part {
        try await store.uploadPart(
            number(value), of: upload, body: MemorySource(bytes),
            checksum: Checksum(of: bytes.span, algorithm: .crc64NVME))
    }

    fileprivate func copyPart(
        _ value: Int, of upload: MultipartUpload, _ source: String, _ eTag: ETag,
        _ range: ByteRange
    ) async throws -> Part {
        try await store.uploadPartCopy(
            number(value), of: upload, source: key(source), sourceETag: eTag, range: range)
    }

    fileprivate func complete(
        _ upload: MultipartUpload, _ name: String, _ parts: [Part], _ whole: [UInt8],
        _ condition: WriteCondition = .none, metadata: [String: String] = [:]
    ) async throws -> StoredObject {
        let object = NewObject(
            key: key(name), userMetadata: metadata, condition: condition)
        return try await store.completeMultipartUpload(
            upload, as: object, parts: parts, size: UInt64(whole.count),
            checksum: Checksum(of: whole.span, algorithm: .crc64NVME))
    }
}
