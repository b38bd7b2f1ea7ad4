/// How far a transfer is.
struct TransferProgress {
    /// The connection stands and the request's first byte is due.
    var requestBegun = false
    /// The peer has acknowledged the whole request.
    var requestSent = false
    /// The answer's first byte has come.
    var answerBegun = false
    /// Bytes moved in both directions; falls when libcurl sends a request again.
    var movedBytes: Int64 = 0
}

/// Tells when a transfer has waited too long. libcurl itself bounds only the connection's making:
/// it has no limit for the first byte, and its rate limit would also count the server's thinking.
struct TransferDeadlines {
    enum Expiry {
        case firstByte
        case stall
        case total
    }

    private enum Phase {
        case connecting
        case sending
        case waiting
        case receiving
    }

    /// Bytes a second below which a transfer counts as stalled.
    private static let stallRate = 1024

    private let timeouts: HTTPRequest.Timeouts
    private let begin: Duration
    private var phase = Phase.connecting
    /// Where the phase, or the last stretch of sufficient rate, began.
    private var mark: (time: Duration, movedBytes: Int64)

    /// - Parameter now: on a monotonic clock, as in `check`.
    init(_ timeouts: HTTPRequest.Timeouts, now: Duration) {
        self.timeouts = timeouts
        begin = now
        mark = (now, 0)
    }

    /// The deadline that has passed, if one has.
    mutating func check(_ progress: TransferProgress, now: Duration) -> Expiry? {
        if let total = timeouts.total, now - begin >= total { return .total }
        let current = Self.phase(of: progress)
        if current != phase || progress.movedBytes < mark.movedBytes {
            phase = current
            mark = (now, progress.movedBytes)
        }
        switch phase {
        case .connecting: return nil
        case .waiting: return now - mark.time >= timeouts.firstByte ? .firstByte : nil
        case .sending, .receiving: return checkRate(progress, now: now)
        }
    }

    private mutating func checkRate(_ progress: TransferProgress, now: Duration) -> Expiry? {
        let seconds = timeouts.stall / .seconds(1)
        let sufficient = Int64(min(seconds, 1e9) * Double(Self.stallRate))
        if progress.movedBytes - mark.movedBytes >= max(sufficient, 1) {
            mark = (now, progress.movedBytes)
        }
        return now - mark.time >= timeouts.stall ? .stall : nil
    }

    private static func phase(of progress: TransferProgress) -> Phase {
        if progress.answerBegun { return .receiving }
        if !progress.requestBegun { return .connecting }
        return progress.requestSent ? .waiting : .sending
    }
}
