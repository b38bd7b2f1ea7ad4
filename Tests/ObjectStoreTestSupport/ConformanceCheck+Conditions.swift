import ObjectStorage

extension ConformanceCheck {
    static let conditions = [
        ConformanceCheck("a put replaces; one that asks for absence does not") { bucket in
            let first = try await bucket.put("object", [1], condition: .ifAbsent)
            try await bucket.requireError(.preconditionFailed, what: "ifAbsent over an object") {
                try await bucket.put("object", [2], condition: .ifAbsent)
            }
            try bucket.require(try await bucket.get("object") == [1], "nothing was replaced")
            let second = try await bucket.put("object", [3, 3])
            try bucket.require(first.eTag != second.eTag, "other content, other ETag")
            try bucket.require(try await bucket.get("object") == [3, 3], "replaced")
        },
        ConformanceCheck("a put over a version replaces only that") { bucket in
            let first = try await bucket.put("object", [1])
            let second = try await bucket.put("object", [2], condition: .ifMatch(first.eTag))
            try await bucket.requireError(.preconditionFailed, what: "ifMatch of an old one") {
                try await bucket.put("object", [3], condition: .ifMatch(first.eTag))
            }
            try bucket.require(try await bucket.get("object") == [2], "the second is there")
            try await bucket.requireError(.preconditionFailed, what: "ifMatch of nothing") {
                try await bucket.put("missing", [4], condition: .ifMatch(second.eTag))
            }
        },
        ConformanceCheck("of many who create one key at once, exactly one succeeds") { bucket in
            let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
                for number in UInt8(1)...8 {
                    group.addTask {
                        do {
                            try await bucket.put("object", [number], condition: .ifAbsent)
                            return number
                        } catch let error as ObjectStoreError
                            where error.code == .preconditionFailed || error.code == .conflict
                        {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [UInt8]()) { all, one in
                    if let one { all.append(one) }
                }
            }
            try bucket.requireEqual(winners.count, 1, "winners")
            try bucket.requireEqual(try await bucket.get("object"), winners, "content")
        },
        ConformanceCheck("a get of a version fails once it was replaced") { bucket in
            let first = try await bucket.put("object", [1, 1])
            try await bucket.put("object", [2, 2])
            try await bucket.requireError(.preconditionFailed, what: "whole") {
                try await bucket.get("object", ifMatch: first.eTag)
            }
            try await bucket.requireError(.preconditionFailed, what: "a range") {
                try await bucket.get(
                    "object", range: ByteRange(offset: 0, count: 1), ifMatch: first.eTag)
            }
            try await bucket.requireError(.preconditionFailed, what: "an empty range") {
                try await bucket.get(
                    "object", range: ByteRange(offset: 0, count: 0), ifMatch: first.eTag)
            }
        },
        ConformanceCheck("a delete of a version leaves another alone") { bucket in
            let first = try await bucket.put("object", [1])
            let second = try await bucket.put("object", [2])
            try await bucket.requireError(.preconditionFailed, what: "of the old version") {
                try await bucket.store.delete(bucket.key("object"), ifMatch: first.eTag)
            }
            try bucket.require(try await bucket.get("object") == [2], "still there")
            try await bucket.store.delete(bucket.key("object"), ifMatch: second.eTag)
            try await bucket.requireError(.noSuchKey, what: "afterwards") {
                try await bucket.store.head(bucket.key("object"))
            }
        },
    ]
}
