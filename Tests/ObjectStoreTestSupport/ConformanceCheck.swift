package import ObjectStorage

/// One sentence about how every store behaves, and the way to see whether it does.
///
///     @Test(arguments: ConformanceCheck.all) func conforms(check: ConformanceCheck) async throws {
///         try await check.run(on: store)
///     }
package struct ConformanceCheck: Sendable, CustomStringConvertible {
    /// A sentence of behaviour.
    package let description: String
    private let body: @Sendable (ConformanceBucket) async throws -> Void

    init(
        _ description: String, _ body: @escaping @Sendable (ConformanceBucket) async throws -> Void
    ) {
        self.description = description
        self.body = body
    }

    /// Every check.
    package static let all: [ConformanceCheck] =
        objects + conditions + listings + copies + multipartUploads

    /// Makes the check in a folder of its own, which is emptied afterwards.
    /// - Parameters:
    ///   - deviations: where the store is known to differ; the check then expects the deviation.
    ///   - seed: of the random bytes; printed by the caller.
    /// - Throws: `ConformanceFailure` when the store behaves in another way, or what it threw.
    package func run(
        on store: any ObjectStore, deviations: Set<StoreDeviation> = [], seed: UInt64
    ) async throws {
        let bucket = ConformanceBucket(store, deviations: deviations, seed: seed)
        do {
            try await body(bucket)
        } catch {
            try? await bucket.empty()
            throw error
        }
        try await bucket.empty()
    }
}

/// Where a real server differs from Amazon S3 and a check expects that. Each is described in
/// Tests/Servers/README.md.
package enum StoreDeviation: String, Sendable, CaseIterable {
    /// CopyObject does not look at If-None-Match and If-Match.
    case copyIgnoresConditions
    /// Keys are paths of a file system: empty components vanish, "\" becomes "/", what ends with
    /// "/" has no content, and no key can be another's directory.
    case keysArePaths
    /// A listing without a delimiter is sorted by path components and not by bytes.
    case listsByPathComponents
}

/// A store does not behave as the check says.
package struct ConformanceFailure: Error, CustomStringConvertible {
    /// What was expected and what was seen.
    package let description: String
}

/// The store under test, and a folder in it that no other check uses.
struct ConformanceBucket: Sendable {
    let store: any ObjectStore
    let deviations: Set<StoreDeviation>
    let seed: UInt64
    /// Ends with "/".
    let folder: String

    init(_ store: any ObjectStore, deviations: Set<StoreDeviation>, seed: UInt64) {
        self.store = store
        self.deviations = deviations
        self.seed = seed
        folder = "conformance-\(String(UInt64.random(in: .min ... .max), radix: 36))/"
    }

    /// The size of parts that are not the last.
    var partSize: Int { Int(max(store.capabilities.minimumPartSize, 1)) }

    func key(_ name: String) -> ObjectKey { ObjectKey(folder + name) }

    /// Random bytes, the same for the same seed and salt.
    func bytes(_ count: Int, salt: UInt64 = 0) -> [UInt8] {
        var generator = SeededGenerator(seed: seed &+ salt)
        return generator.bytes(count)
    }

    @discardableResult
    func put(
        _ name: String, _ bytes: [UInt8] = [1], metadata: [String: String] = [:],
        contentType: String? = nil, condition: WriteCondition = .none
    ) async throws -> StoredObject {
        let object = NewObject(
            key: key(name), userMetadata: metadata, contentType: contentType,
            condition: condition)
        return try await store.put(object, body: MemorySource(bytes), checksum: nil)
    }

    func get(
        _ name: String, range: ByteRange? = nil, ifMatch eTag: ETag? = nil
    ) async throws -> [UInt8] {
        let sink = CollectingSink()
        _ = try await store.get(key(name), range: range, ifMatch: eTag, into: sink)
        return sink.bytes
    }

    /// All keys below the folder without its name, page by page.
    func list(
        _ prefix: String = "", delimiter: String? = nil, pageSize: Int = 1000
    ) async throws -> (keys: [String], prefixes: [String], pages: Int) {
        var request = ListRequest(
            prefix: key(prefix), delimiter: delimiter, maximumKeys: pageSize)
        var result: (keys: [String], prefixes: [String], pages: Int) = ([], [], 0)
        repeat {
            let page = try await store.list(request)
            result.keys += page.objects.map { String($0.key.rawValue.dropFirst(folder.count)) }
            result.prefixes += page.commonPrefixes.map {
                String($0.rawValue.dropFirst(folder.count))
            }
            result.pages += 1
            request.continuationToken = page.continuationToken
            try require(result.pages < 10_000, "a listing ends")
        } while request.continuationToken != nil
        return result
    }

    /// Deletes all that the check left.
    func empty() async throws {
        for (upload, _) in try await store.listMultipartUploads(prefix: key(""), limit: 1000) {
            try await store.abortMultipartUpload(upload)
        }
        var request = ListRequest(prefix: key(""), delimiter: nil)
        repeat {
            let page = try await store.list(request)
            _ = try await store.delete(page.objects.map(\.key))
            request.continuationToken = page.continuationToken
        } while request.continuationToken != nil
    }

    func require(_ condition: Bool, _ expectation: String) throws {
        guard condition else { throw ConformanceFailure(description: "not so: \(expectation)") }
    }

    func requireEqual<Value: Equatable>(
        _ seen: Value, _ expected: Value, _ what: String
    ) throws {
        guard seen != expected else { return }
        let text =
            "\(what): saw \(String(describing: seen).prefix(300)), "
            + "expected \(String(describing: expected).prefix(300))"
        throw ConformanceFailure(description: text)
    }

    /// Expects an error with one of these codes.
    func requireError<Result>(
        _ codes: ObjectStoreError.Code..., what: String, from call: () async throws -> Result
    ) async throws {
        do {
            _ = try await call()
        } catch let error as ObjectStoreError where codes.contains(error.code) {
            return
        }
        throw ConformanceFailure(description: "\(what): no error, expected \(codes)")
    }
}
