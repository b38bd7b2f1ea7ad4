private import CLibCurl
private import Synchronization

/// Sends requests over libcurl: HTTP/1.1, TLS 1.2 and later, connections kept and reused.
///
/// A fixed number of threads moves all exchanges. Sinks and sources are called on these threads.
/// Any task may call `send`; cancelling it cuts the exchange off at once. Redirects are not
/// followed and nothing is retried, except that libcurl repeats a request by itself on a new
/// connection when a kept one turns out closed before any byte of an answer.
/// Source: libcurl 7.88, libcurl-multi(3).
package final class CurlTransport: HTTPTransport {
    private struct Lifetime {
        var threads: [TransferThread] = []
        var isShutDown = false
    }

    private let configuration: TransportConfiguration
    private let loops: [TransferLoop]
    private let lifetime: Mutex<Lifetime>

    /// libcurl's own set-up, which is not safe to repeat from several threads.
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Starts the threads.
    /// - Throws: `notConnected` when libcurl or the system has no memory or threads for it.
    package init(_ configuration: TransportConfiguration) throws(HTTPError) {
        self.configuration = configuration
        var loops: [TransferLoop] = []
        var threads: [TransferThread] = []
        for _ in 0..<max(configuration.threadCount, 1) where Self.isLibraryReady {
            guard let loop = TransferLoop(configuration), let thread = TransferThread(running: loop)
            else { break }
            loops.append(loop)
            threads.append(thread)
        }
        self.loops = loops
        lifetime = Mutex(Lifetime(threads: threads))
        if loops.isEmpty {
            throw HTTPError(
                .notConnected, detail: "transfer threads cannot be started", requestSent: false)
        }
    }

    deinit {
        for loop in loops { loop.stop() }
        lifetime.withLock { lifetime in
            for thread in lifetime.threads { thread.detach() }
        }
    }

    /// Cuts off all exchanges with `cancelled`, ends the threads and waits for them. Blocks
    /// briefly; must not be called from a sink or source. Later calls of `send` fail with
    /// `cancelled`.
    package func shutDown() {
        let threads = lifetime.withLock { lifetime in
            lifetime.isShutDown = true
            defer { lifetime.threads = [] }
            return lifetime.threads
        }
        for loop in loops { loop.stop() }
        for thread in threads { thread.join() }
    }

    package func send(
        _ request: HTTPRequest, into sink: (any HTTPBodySink)?, bodyLimit: Int
    ) async throws(HTTPError) -> HTTPResponse {
        let checked = try CheckedRequest(request, configuration)
        let exchange = Exchange(request, checked, into: sink, bodyLimit: bodyLimit, configuration)
        // The least busy thread; the first of equals, so that requests one after another find the
        // connection of the one before.
        guard let loop = loops.min(by: { $0.load < $1.load }) else { throw Self.refused }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                exchange.await(continuation)
                if !loop.submit(exchange) { exchange.finish(.failure(Self.refused)) }
            }
        } onCancel: {
            exchange.cancel()
            loop.wake()
        }
        return try outcome.get()
    }

    private static let refused = HTTPError(
        .cancelled, detail: "the transport is shut down or full", requestSent: false)
}
