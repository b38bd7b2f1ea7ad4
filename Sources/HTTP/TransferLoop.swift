private import CLibCurl
private import Glibc
import Synchronization

/// A thread that moves exchanges with one multi handle of libcurl, and the way to hand them to it.
///
/// `submit`, `wake` and `stop` may be called from any thread; everything else happens on the loop's
/// own. Lock order: `inbox` alone, never held while libcurl transfers, a sink or a caller is
/// called.
@safe
final class TransferLoop: @unchecked Sendable {
    // `@unchecked`: `waiting`, `active` and `idle` are confined to the loop's thread; the rest is
    // immutable or behind `inbox`.
    private struct Inbox {
        var submitted: [Exchange] = []
        var hasCancelled = false
        var isStopping = false
        /// Whether libcurl may still be woken.
        var isRunning = true
    }

    private let configuration: TransportConfiguration
    private let multi: UnsafeMutableRawPointer
    private let inbox = Mutex(Inbox())
    private let loadCount = Atomic(0)

    private var waiting: ArraySlice<Exchange> = []
    private var active: [EasyHandle] = []
    private var idle: [EasyHandle] = []
    private var deadlines: [ObjectIdentifier: TransferDeadlines] = [:]
    private let sockets = SocketTable()
    private var nextSweep = Duration.zero

    /// How often deadlines are looked at while exchanges are under way: fine enough for limits of
    /// seconds, and too rare to cost anything.
    private static let sweepInterval = Duration.milliseconds(50)
    /// Handles kept for the next exchanges; each may hold its buffers.
    private static let idleHandles = 8

    /// - Returns: nil when libcurl or the system is out of memory or threads.
    init?(_ configuration: TransportConfiguration) {
        guard let multi = unsafe curl_multi_init() else { return nil }
        self.configuration = configuration
        unsafe self.multi = unsafe multi
        // The cache of connections; libcurl's own limit on parallel ones stays off, because it
        // counts a queued transfer's time as connect time: `waiting` queues instead.
        let kept = configuration.connectionsPerThread
        unsafe wardfs_multi_long(multi, CURLMOPT_MAXCONNECTS, kept)
        unsafe wardfs_multi_long(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING)
    }

    deinit {
        unsafe curl_multi_cleanup(multi)
    }

    /// Exchanges handed in and not finished.
    var load: Int { loadCount.load(ordering: .relaxed) }

    /// Hands an exchange over; false when the loop is stopping or full, and nothing was taken.
    func submit(_ exchange: Exchange) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.isStopping, load < configuration.queuedPerThread else { return false }
            loadCount.add(1, ordering: .relaxed)
            inbox.submitted.append(exchange)
            unsafe curl_multi_wakeup(multi)
            return true
        }
    }

    /// Has the loop look at cancelled exchanges.
    func wake() {
        inbox.withLock { inbox in
            inbox.hasCancelled = true
            if inbox.isRunning { unsafe curl_multi_wakeup(multi) }
        }
    }

    /// Has the loop cut off all exchanges and end.
    func stop() {
        inbox.withLock { inbox in
            inbox.isStopping = true
            if inbox.isRunning { unsafe curl_multi_wakeup(multi) }
        }
    }

    // MARK: - The thread

    /// Runs until `stop`.
    func run() {
        var running: Int32 = 0
        while takeInbox() {
            fill()
            // SAFETY: libcurl stores one int.
            unsafe curl_multi_perform(multi, &running)
            finishDone()
            sweep()
            fill()
            unsafe curl_multi_poll(multi, nil, 0, pollMilliseconds, nil)
        }
        end()
    }

    /// - Returns: false when the loop must end.
    private func takeInbox() -> Bool {
        let taken = inbox.withLock { inbox in
            defer {
                inbox.submitted.removeAll(keepingCapacity: true)
                inbox.hasCancelled = false
            }
            return inbox
        }
        waiting.append(contentsOf: taken.submitted)
        if taken.hasCancelled { cutCancelled() }
        return !taken.isStopping
    }

    private var pollMilliseconds: Int32 {
        // Woken by `submit`; the number only bounds a fault.
        guard !active.isEmpty else { return 60_000 }
        let left = nextSweep - Self.now()
        return Int32(clamping: max(left.components.attoseconds / 1_000_000_000_000_000 + 1, 1))
    }

    private func fill() {
        while active.count < configuration.connectionsPerThread, let exchange = waiting.popFirst() {
            start(exchange)
        }
    }

    private func start(_ exchange: Exchange) {
        guard !exchange.isCancelled else {
            return finish(exchange, .failure(.cancelled(sent: false)))
        }
        guard let handle = idle.popLast() ?? EasyHandle() else {
            return finish(exchange, .failure(.exhausted))
        }
        exchange.sockets = sockets
        do throws(HTTPError) {
            try handle.prepare(exchange, configuration)
        } catch {
            return finish(exchange, .failure(error))
        }
        guard unsafe curl_multi_add_handle(multi, handle.pointer) == CURLM_OK else {
            return finish(exchange, .failure(.exhausted))
        }
        active.append(handle)
        deadlines[ObjectIdentifier(handle)] = TransferDeadlines(
            exchange.request.timeouts, now: Self.now())
        if active.count == 1 { nextSweep = Self.now() + Self.sweepInterval }
    }

    private func cutCancelled() {
        for handle in active where handle.exchange?.isCancelled == true {
            let sent = handle.exchange?.mayHaveSent ?? true
            detach(handle, .failure(.cancelled(sent: sent)))
        }
        // Those that wait are looked at when their turn comes; cancelled ones must not wait for it.
        for exchange in waiting where exchange.isCancelled {
            finish(exchange, .failure(.cancelled(sent: false)))
        }
        waiting.removeAll { $0.isCancelled }
    }

    private func finishDone() {
        var result = CURLE_OK
        while let pointer = unsafe wardfs_message(multi, &result) {
            guard let handle = active.first(where: { unsafe $0.pointer == pointer }),
                let exchange = handle.exchange
            else { continue }
            detach(handle, Self.outcome(of: exchange, on: handle, result))
        }
    }

    private static func outcome(
        of exchange: Exchange, on handle: EasyHandle, _ result: CURLcode
    ) -> Exchange.Outcome {
        if let failure = exchange.failure { return .failure(failure) }
        if result == CURLE_OK {
            guard exchange.head.isComplete else {
                return .failure(HTTPError(.malformedResponse, detail: "no status came"))
            }
            return .success(exchange.response)
        }
        if exchange.isWholeRefusal { return .success(exchange.response) }
        return .failure(
            HTTPError(
                curl: result.rawValue, brokeOff: handle.handshakeBrokeOff,
                requestSent: exchange.mayHaveSent))
    }

    private func sweep() {
        let now = Self.now()
        guard now >= nextSweep else { return }
        nextSweep = now + Self.sweepInterval
        for handle in active {
            guard let exchange = handle.exchange else { continue }
            let progress = exchange.progress(uploadedBytes: handle.uploadedBytes)
            if let expiry = deadlines[ObjectIdentifier(handle)]?.check(progress, now: now) {
                let sent = exchange.mayHaveSent
                detach(handle, .failure(HTTPError(expiry, requestSent: sent)))
            }
        }
    }

    /// Takes a handle off libcurl, which closes its connection unless the transfer was whole.
    private func detach(_ handle: EasyHandle, _ outcome: Exchange.Outcome) {
        unsafe curl_multi_remove_handle(multi, handle.pointer)
        let exchange = handle.exchange
        active.removeAll { $0 === handle }
        deadlines[ObjectIdentifier(handle)] = nil
        handle.clear()
        if idle.count < Self.idleHandles { idle.append(handle) }
        if let exchange { finish(exchange, outcome) }
    }

    private func finish(_ exchange: Exchange, _ outcome: Exchange.Outcome) {
        loadCount.subtract(1, ordering: .relaxed)
        exchange.finish(outcome)
    }

    private func end() {
        let late = inbox.withLock { inbox in
            inbox.isRunning = false
            defer { inbox.submitted = [] }
            return inbox.submitted
        }
        for handle in active {
            let sent = handle.exchange?.mayHaveSent ?? true
            detach(handle, .failure(.cancelled(sent: sent)))
        }
        for exchange in waiting + late { finish(exchange, .failure(.cancelled(sent: false))) }
        waiting = []
        idle = []
    }

    /// The monotonic clock that poll waits by.
    private static func now() -> Duration {
        var time = timespec()
        // SAFETY: the call fills one timespec.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension HTTPError {
    fileprivate static func cancelled(sent: Bool) -> HTTPError {
        HTTPError(.cancelled, detail: "the exchange was cut off", requestSent: sent)
    }

    fileprivate static let exhausted = HTTPError(
        .notConnected, detail: "libcurl is out of memory", requestSent: false)
}
