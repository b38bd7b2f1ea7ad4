import ObjectStorage
import Synchronization

/// One request and its answer on the way, from `send` to the resumption of its caller.
///
/// After `TransferLoop.submit` only that loop's thread touches the mutable fields; `isCancelled`
/// alone is set from elsewhere, and is atomic. The caller is resumed exactly once, by `finish`.
final class Exchange: @unchecked Sendable {
    // `@unchecked`: confined to the loop's thread, as told above.
    typealias Outcome = Result<HTTPResponse, HTTPError>

    let request: HTTPRequest
    let checked: CheckedRequest
    private let sink: (any HTTPBodySink)?
    private let bodyLimit: Int
    private let isCancelledFlag = Atomic(false)

    private var continuation: CheckedContinuation<Outcome, Never>?
    private(set) var head: AnswerHead
    private var collected: [UInt8] = []
    private var sinkTakesBody = false
    private var receivedCount: UInt64 = 0
    private var sourceOffset: UInt64 = 0
    /// Why a callback stopped the transfer.
    private(set) var failure: HTTPError?
    private var requestBegun = false
    private var localPort: Int32 = 0
    /// Of the loop that moves this exchange.
    var sockets: SocketTable?

    init(
        _ request: HTTPRequest, _ checked: CheckedRequest, into sink: (any HTTPBodySink)?,
        bodyLimit: Int, _ configuration: TransportConfiguration
    ) {
        self.request = request
        self.checked = checked
        self.sink = sink
        self.bodyLimit = bodyLimit
        head = AnswerHead(configuration)
    }

    var isCancelled: Bool { isCancelledFlag.load(ordering: .acquiring) }

    /// Any thread. The loop must be woken afterwards.
    func cancel() { isCancelledFlag.store(true, ordering: .releasing) }

    /// Before `submit`, once.
    func await(_ continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation = continuation
    }

    func finish(_ outcome: Outcome) {
        continuation?.resume(returning: outcome)
        continuation = nil
    }

    // MARK: - Called by libcurl through TransferCallbacks, on the loop's thread

    /// The connection stands; libcurl calls again when a kept connection ended without an answer
    /// and it repeats the request on a new one. It may not repeat a conditional write: the first
    /// may have taken effect, and the second's 412 would look like another writer's success.
    /// - Returns: false to stop the transfer.
    func beginRequest(localPort: Int32) -> Bool {
        if requestBegun, isConditionalWrite {
            failure = HTTPError(.interrupted, detail: "the connection ended without an answer")
            return false
        }
        requestBegun = true
        self.localPort = localPort
        sourceOffset = 0
        return true
    }

    private var isConditionalWrite: Bool {
        request.method != .get && request.method != .head
            && (request.headers["if-match"] ?? request.headers["if-none-match"]) != nil
    }

    /// - Returns: false to stop the transfer.
    func receiveHeader(_ line: Span<UInt8>) -> Bool {
        do throws(HTTPError) {
            if try head.take(line) { try settleSink() }
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// - Returns: false to stop the transfer.
    func receiveBody(_ bytes: Span<UInt8>) -> Bool {
        receivedCount += UInt64(bytes.count)
        if sinkTakesBody, let sink {
            do throws(ObjectStoreError) {
                try sink.receive(bytes)
                return true
            } catch {
                failure = Self.streamFailure("the body's receiver failed", error)
                return false
            }
        }
        guard collected.count + bytes.count <= bodyLimit else {
            failure = HTTPError(.tooLarge, detail: "the answer's body exceeds \(bodyLimit) bytes")
            return false
        }
        collected.append(copying: bytes)
        return true
    }

    /// Gives the body's next bytes.
    /// - Returns: false to stop the transfer.
    func sendBody(into output: inout OutputSpan<UInt8>) -> Bool {
        guard let body = request.body else { return true }
        let room = min(UInt64(output.freeCapacity), body.count - min(sourceOffset, body.count))
        guard room > 0 else { return true }
        do throws(ObjectStoreError) {
            try body.read(at: sourceOffset, into: &output)
        } catch {
            failure = Self.streamFailure("the body's source failed", error)
            return false
        }
        guard output.count > 0, output.count <= room else {
            failure = Self.streamFailure("the body's source ended early or has grown", nil)
            return false
        }
        sourceOffset += UInt64(output.count)
        return true
    }

    /// Goes back to an offset, to send the body again.
    /// - Returns: whether the source has it.
    func seekBody(to offset: Int64) -> Bool {
        guard let offset = UInt64(exactly: offset), offset <= request.body?.count ?? 0 else {
            return false
        }
        sourceOffset = offset
        return true
    }

    // MARK: - For the loop

    /// - Parameter uploadedBytes: of the body, given to the kernel.
    func progress(uploadedBytes: Int64) -> TransferProgress {
        var progress = TransferProgress()
        progress.requestBegun = requestBegun
        progress.answerBegun = head.status != 0
        progress.movedBytes = Int64(clamping: receivedCount) + uploadedBytes
        guard requestBegun, !progress.answerBegun else { return progress }
        // What the kernel holds is not with the peer yet: a slow line may hold megabytes for
        // minutes.
        let length = Int64(clamping: request.body?.count ?? 0)
        let held = length > 0 ? sockets?.unacknowledgedBytes(localPort: localPort) ?? 0 : 0
        progress.movedBytes -= Int64(held)
        progress.requestSent = held == 0 && uploadedBytes >= length
        return progress
    }

    /// The answer as it stands, once libcurl calls the transfer done.
    var response: HTTPResponse {
        HTTPResponse(
            head: HTTPResponseHead(status: head.status, headers: head.headers), body: collected)
    }

    /// Whether an error status came with its whole body although sending then failed: a server that
    /// refuses early and closes.
    var isWholeRefusal: Bool {
        head.isComplete && head.status >= 300 && head.contentLength == receivedCount
    }

    /// Whether any byte of the request may have left.
    var mayHaveSent: Bool { requestBegun }

    /// Asks the sink once the head is whole, and refuses what is known to be too long.
    private func settleSink() throws(HTTPError) {
        if let sink {
            do throws(ObjectStoreError) {
                sinkTakesBody = try sink.accepts(response.head)
            } catch {
                throw Self.streamFailure("the body's receiver failed", error)
            }
        }
        let hasBody = request.method != .head && head.status != 204 && head.status != 304
        guard !sinkTakesBody, hasBody, let length = head.contentLength else { return }
        guard length <= UInt64(max(bodyLimit, 0)) else {
            throw HTTPError(.tooLarge, detail: "the answer's body exceeds \(bodyLimit) bytes")
        }
        collected.reserveCapacity(Int(length))
    }

    private static func streamFailure(
        _ detail: String, _ cause: ObjectStoreError?
    ) -> HTTPError {
        HTTPError(.streamFailed, detail: detail, cause: cause)
    }
}
