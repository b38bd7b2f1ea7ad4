import Checksums
import HTTP
package import ObjectStorage
import Synchronization
import Telemetry

extension S3ObjectStore {
    package func get(
        _ key: ObjectKey, range: ByteRange?, ifMatch eTag: ETag?, into sink: any ByteSink
    ) async throws(ObjectStoreError) -> ObjectAttributes {
        let operation = "GetObject"
        if let range, range.isEmpty { return try await attributes(of: key, ifMatch: eTag) }
        let bucketKey = try client.bucketKey(key, operation)
        let download = Download(range: range, ifMatch: eTag, into: sink)
        var retries = client.retries(for: .read)
        while true {
            let before = download.received
            do {
                let request = S3Request(
                    operation, .get, key: bucketKey, headers: download.headers)
                let response = try await client.send(request, into: download)
                client.counters.add(download.received - before, to: .bytesDownloaded)
                return try download.finish(response.head)
            } catch {
                client.counters.add(download.received - before, to: .bytesDownloaded)
                // The sink has taken the wrong bytes: only the caller can start anew.
                if error.code == .checksumMismatch { throw error }
                if download.received > before { retries.noteProgress() }
                try await client.waitForRetry(&retries, after: error)
            }
        }
    }

    /// An empty range has no form in HTTP.
    private func attributes(
        of key: ObjectKey, ifMatch eTag: ETag?
    ) async throws(ObjectStoreError) -> ObjectAttributes {
        let attributes = try await head(key)
        guard eTag == nil || attributes.eTag == eTag else {
            throw ObjectStoreError(
                .preconditionFailed, operation: "HeadObject",
                detail: "the object was replaced")
        }
        return attributes
    }
}

/// A GetObject on its way: checks that what arrives is what was asked for, hands it on, and knows
/// where to go on after an interruption.
///
/// `state` is used by one transfer thread at a time, and by the task between transfers. The sink is
/// called without the lock.
final class Download: HTTPBodySink {
    private struct State {
        /// Bytes handed on.
        var received: UInt64 = 0
        /// Learned from the first answer; later ones must be of the same version.
        var attributes: ObjectAttributes?
        /// Bytes wanted in all; nil until the size of the whole object is known.
        var wanted: UInt64?
        /// Of the whole object, while it may still be compared.
        var checksum: RunningChecksum?
    }

    private static let operation = "GetObject"
    private let range: ByteRange?
    private let condition: ETag?
    private let sink: any ByteSink
    private let state: Mutex<State>

    init(range: ByteRange?, ifMatch condition: ETag?, into sink: any ByteSink) {
        self.range = range
        self.condition = condition
        self.sink = sink
        state = Mutex(State(wanted: range?.count))
    }

    /// Bytes handed on so far.
    var received: UInt64 { state.withLock { $0.received } }

    /// The headers of the next try: from the first byte that is missing, of the same version.
    var headers: HTTPHeaders {
        let (received, eTag) = state.withLock { ($0.received, $0.attributes?.eTag) }
        var headers = HTTPHeaders()
        if let eTag = eTag ?? condition { headers.append("if-match", eTag.headerValue) }
        if let range = remaining(received) {
            headers.append("range", "bytes=\(range.offset)-\(range.end - 1)")
        } else {
            headers.append("x-amz-checksum-mode", "ENABLED")
        }
        return headers
    }

    /// What is missing; nil for a whole object from its start.
    private func remaining(_ received: UInt64) -> ByteRange? {
        if let range {
            return ByteRange(offset: range.offset + received, count: range.count - received)
        }
        guard received > 0, let wanted = state.withLock({ $0.wanted }) else { return nil }
        return ByteRange(offset: received, count: wanted - received)
    }

    func accepts(_ head: HTTPResponseHead) throws(ObjectStoreError) -> Bool {
        guard (200..<300).contains(head.status) else { return false }
        let object = ObjectHead(head.headers)
        let expected = remaining(received)
        let size = try Self.size(head.status, object, expected: expected)
        let attributes = try object.attributes(size: size, operation: Self.operation)
        try state.withLock { (state) throws(ObjectStoreError) in
            if let known = state.attributes, known.eTag != attributes.eTag {
                // A store that ignores If-Match must not mix two versions.
                throw ObjectStoreError(
                    .preconditionFailed, operation: Self.operation, status: head.status,
                    detail: "the object was replaced")
            }
            if let condition, condition != attributes.eTag {
                throw ObjectStoreError(
                    .preconditionFailed, operation: Self.operation, status: head.status,
                    detail: "the object was replaced")
            }
            guard state.attributes == nil else { return }
            state.attributes = attributes
            state.wanted = state.wanted ?? size
            let isWhole = expected.map { $0.offset == 0 && $0.count == size } ?? true
            if isWhole, let stored = object.checksum {
                state.checksum = RunningChecksum(stored.algorithm)
            }
        }
        return true
    }

    /// The size of the whole object, once the answer is what was asked for.
    private static func size(
        _ status: Int, _ object: ObjectHead, expected: ByteRange?
    ) throws(ObjectStoreError) -> UInt64 {
        switch (status, expected) {
        case (200, nil):
            guard let length = object.contentLength else {
                throw .malformed(operation, "no Content-Length", status: status)
            }
            return length
        case (200, let expected?):
            // The range was ignored: good only if the whole object is what was asked for.
            guard expected.offset == 0, object.contentLength == expected.count else {
                throw .malformed(operation, "the store ignored the range", status: status)
            }
            return expected.count
        case (206, let expected?):
            guard let answered = ContentRange(object.contentRange),
                answered.range == expected,
                object.contentLength.map({ $0 == expected.count }) ?? true
            else { throw .malformed(operation, "another range than asked for", status: status) }
            return answered.size
        default:
            throw .malformed(operation, "an unexpected status", status: status)
        }
    }

    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError) {
        let isTooLong = state.withLock { state in
            UInt64(bytes.count) > (state.wanted ?? 0) - state.received
        }
        guard !isTooLong else {
            throw .malformed(Self.operation, "more bytes than asked for")
        }
        try sink.receive(bytes)
        state.withLock { state in
            state.received += UInt64(bytes.count)
            state.checksum?.update(bytes)
        }
    }

    /// Checks that all has come.
    /// - Throws: `networkFailure` when it has not; `checksumMismatch`.
    func finish(_ head: HTTPResponseHead) throws(ObjectStoreError) -> ObjectAttributes {
        let (received, wanted, attributes, running) = state.withLock {
            ($0.received, $0.wanted, $0.attributes, $0.checksum)
        }
        guard let attributes, received == wanted else {
            throw ObjectStoreError(
                .networkFailure, operation: Self.operation, status: head.status,
                detail: "the body ended early")
        }
        if let running, let stored = attributes.checksum, running.checksum != stored {
            throw ObjectStoreError(
                .checksumMismatch, operation: Self.operation, status: head.status,
                detail: "the bytes do not match the object's checksum")
        }
        return attributes
    }
}

/// `bytes 2-4/9`. Source: RFC 9110 section 14.4.
struct ContentRange: Hashable {
    let range: ByteRange
    /// Of the whole object.
    let size: UInt64

    init?(_ text: String?) {
        guard let text, text.hasPrefix("bytes ") else { return nil }
        let halves = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let size = XMLDocument.number(String(halves[1])) else {
            return nil
        }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = XMLDocument.number(String(ends[0])),
            let last = XMLDocument.number(String(ends[1])), first <= last, last < size
        else { return nil }
        range = ByteRange(offset: first, count: last - first + 1)
        self.size = size
    }
}
