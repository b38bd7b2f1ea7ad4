import HTTP
import ObjectStorage
import Synchronization

/// What the store answers to one request.
enum Reply: Sendable {
    case answer(Int, [String: String] = [:], String = "")
    /// The answer never comes.
    case lost(HTTPError.Code = .interrupted)
    /// The connection breaks after so many bytes of the body.
    case cut(Int, [String: String], String, after: Int)
    /// The body runs on as said, whatever the headers say.
    static func ok(_ headers: [String: String] = [:], _ body: String = "") -> Reply {
        .answer(200, headers, body)
    }
    static func error(_ status: Int, _ code: String, _ headers: [String: String] = [:]) -> Reply {
        .answer(
            status, headers,
            "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>key SECRET</Message>"
                + "<Key>SECRET</Key><Resource>/SECRET</Resource>"
                + "<RequestId>REQ1</RequestId></Error>")
    }
}

/// A request as it was sent.
struct Sent: Sendable {
    var method: String
    var host: String
    var path: String
    var query: String
    var headers: [String: String]
    var body: [UInt8]
    var timeouts: HTTPRequest.Timeouts

    var bodyText: String { String(decoding: body, as: UTF8.self) }
    /// `PUT /key`
    var line: String { "\(method) \(path)" + (query.isEmpty ? "" : "?" + query) }
}

/// Answers requests from a list.
final class ScriptedTransport: HTTPTransport {
    private struct State {
        var replies: [Reply] = []
        var sent: [Sent] = []
        /// Called before the reply is given.
        var onRequest: (@Sendable (Int) async -> Void)?
    }

    private let state = Mutex(State())

    /// Adds replies.
    func script(_ replies: Reply...) { state.withLock { $0.replies += replies } }

    /// Runs before each answer, with the number of the request.
    func onRequest(_ body: @escaping @Sendable (Int) async -> Void) {
        state.withLock { $0.onRequest = body }
    }

    var sent: [Sent] { state.withLock { $0.sent } }
    /// `PUT /bucket/key` for each request.
    var lines: [String] { sent.map(\.line) }
    /// Replies that nobody asked for.
    var left: Int { state.withLock { $0.replies.count } }

    func send(
        _ request: HTTPRequest, into sink: (any HTTPBodySink)?, bodyLimit: Int
    ) async throws(HTTPError) -> HTTPResponse {
        if Task.isCancelled { throw HTTPError(.cancelled, detail: "cancelled") }
        var headers: [String: String] = [:]
        for field in request.headers.fields { headers[field.name] = field.value }
        let sent = Sent(
            method: request.method.rawValue, host: request.url.host,
            path: request.url.encodedPath, query: request.url.encodedQuery ?? "",
            headers: headers, body: try Self.read(request.body), timeouts: request.timeouts)
        let (reply, onRequest, number): (Reply?, (@Sendable (Int) async -> Void)?, Int) =
            state.withLock { state in
                state.sent.append(sent)
                let reply = state.replies.isEmpty ? nil : state.replies.removeFirst()
                return (reply, state.onRequest, state.sent.count)
            }
        await onRequest?(number)
        switch reply {
        case nil:
            throw HTTPError(.invalidRequest, detail: "the script has ended", requestSent: false)
        case .lost(let code):
            throw HTTPError(code, detail: "scripted")
        case .answer(let status, let headers, let body):
            return try await deliver(status, headers, body, cutAfter: nil, into: sink)
        case .cut(let status, let headers, let body, let count):
            return try await deliver(status, headers, body, cutAfter: count, into: sink)
        }
    }

    private func deliver(
        _ status: Int, _ headers: [String: String], _ body: String, cutAfter: Int?,
        into sink: (any HTTPBodySink)?
    ) async throws(HTTPError) -> HTTPResponse {
        let head = HTTPResponseHead(
            status: status, headers: HTTPHeaders(headers.map { ($0.key, $0.value) }))
        let bytes = Array(body.utf8.prefix(cutAfter ?? .max))
        var collected = bytes
        do throws(ObjectStoreError) {
            if let sink, try sink.accepts(head) {
                // In two pieces, as from a network.
                let half = bytes.count / 2
                for piece in [0..<half, half..<bytes.count] where !piece.isEmpty {
                    try sink.receive(bytes.span.extracting(piece))
                }
                collected = []
            }
        } catch {
            throw HTTPError(.streamFailed, detail: "sink", cause: error)
        }
        if cutAfter != nil { throw HTTPError(.interrupted, detail: "scripted") }
        return HTTPResponse(head: head, body: collected)
    }

    private static func read(_ body: (any ByteSource)?) throws(HTTPError) -> [UInt8] {
        guard let body else { return [] }
        var failure: ObjectStoreError?
        let bytes = [UInt8](capacity: Int(body.count)) { (output: inout OutputSpan<UInt8>) in
            do throws(ObjectStoreError) {
                try body.read(at: 0, into: &output)
            } catch {
                failure = error
            }
        }
        if let failure { throw HTTPError(.streamFailed, detail: "source", cause: failure) }
        return bytes
    }
}
