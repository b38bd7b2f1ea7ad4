import ObjectStorage

extension ConformanceCheck {
    static let listings = [
        ConformanceCheck("a delimiter folds what lies deeper into common prefixes") { bucket in
            for name in ["a", "b/1", "b/2", "b/c/3", "d", "e/"] where name != "e/" {
                try await bucket.put(name)
            }
            let top = try await bucket.list(delimiter: "/")
            try bucket.requireEqual(top.keys, ["a", "d"], "keys at the top")
            try bucket.requireEqual(top.prefixes, ["b/"], "prefixes at the top")
            let inner = try await bucket.list("b/", delimiter: "/")
            try bucket.requireEqual(inner.keys, ["b/1", "b/2"], "keys in b")
            try bucket.requireEqual(inner.prefixes, ["b/c/"], "prefixes in b")
            let flat = try await bucket.list()
            try bucket.requireEqual(
                flat.keys, ["a", "b/1", "b/2", "b/c/3", "d"], "keys without a delimiter")
        },
        ConformanceCheck("a prefix need not end at a slash") { bucket in
            for name in ["report-1", "report-2", "report/3", "repo"] { try await bucket.put(name) }
            let listed = try await bucket.list("report", delimiter: "/")
            try bucket.requireEqual(listed.keys, ["report-1", "report-2"], "keys")
            try bucket.requireEqual(listed.prefixes, ["report/"], "prefixes")
            try bucket.requireEqual(try await bucket.list("none").keys, [], "nothing")
        },
        ConformanceCheck("2,500 keys come in pages, each key once and in order") { bucket in
            let names = (0..<2_500).map { "\($0 % 50)/\($0)" }
            try await putAll(names, in: bucket)
            let listed = try await bucket.list()
            try bucket.require(listed.pages >= 3, "a page has at most 1,000 keys")
            try bucket.requireEqual(listed.keys.count, 2_500, "keys")
            try bucket.require(Set(listed.keys) == Set(names), "the same keys")
            let isSorted = zip(listed.keys, listed.keys.dropFirst()).allSatisfy {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            try bucket.require(
                isSorted || bucket.deviations.contains(.listsByPathComponents), "sorted by bytes")
            let folded = try await bucket.list(delimiter: "/", pageSize: 7)
            try bucket.requireEqual(folded.prefixes.count, 50, "prefixes")
            try bucket.requireEqual(Set(folded.prefixes).count, 50, "each prefix once")
            try bucket.require(folded.pages >= 8, "small pages")
        },
        ConformanceCheck("keys and prefixes share the pages in one order") { bucket in
            for name in ["a", "b/1", "c", "d/1", "d/2", "e"] { try await bucket.put(name) }
            let listed = try await bucket.list(delimiter: "/", pageSize: 2)
            try bucket.requireEqual(listed.keys, ["a", "c", "e"], "keys")
            try bucket.requireEqual(listed.prefixes, ["b/", "d/"], "prefixes")
            try bucket.requireEqual(listed.pages, 3, "pages")
        },
        ConformanceCheck("a listing starts behind the key that it is told") { bucket in
            for name in ["a", "b", "c"] { try await bucket.put(name) }
            let request = ListRequest(
                prefix: bucket.key(""), delimiter: nil, startAfter: bucket.key("a"))
            let page = try await bucket.store.list(request)
            try bucket.requireEqual(
                page.objects.map(\.key), ["b", "c"].map(bucket.key), "keys behind a")
        },
        ConformanceCheck("a listing tells size, ETag and date as head does") { bucket in
            let stored = try await bucket.put("object", bucket.bytes(777))
            let page = try await bucket.store.list(
                ListRequest(prefix: bucket.key(""), delimiter: "/"))
            let head = try await bucket.store.head(bucket.key("object"))
            try bucket.requireEqual(page.objects.count, 1, "objects")
            try bucket.requireEqual(page.objects.first?.attributes.size, 777, "size")
            try bucket.requireEqual(page.objects.first?.attributes.eTag, stored.eTag, "ETag")
            try bucket.requireEqual(
                page.objects.first?.attributes.lastModified.seconds, head.lastModified.seconds,
                "date in seconds")
        },
    ]

    private static func putAll(_ names: [String], in bucket: ConformanceBucket) async throws {
        let lanes = 16
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    for index in stride(from: lane, to: names.count, by: lanes) {
                        try await bucket.put(names[index])
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
