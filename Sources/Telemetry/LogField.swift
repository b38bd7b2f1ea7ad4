/// The names under which facts stand in a log line. There are no others: a reader, and a search
/// over many machines, can rely on them.
package enum LogField: String, CaseIterable, Sendable {
    case attempt
    case bytes
    case category
    /// An error's code, such as `noSuchKey`.
    case code
    case count
    case durationMS = "duration_ms"
    case errno
    /// An error as its type describes it: free of names and secrets.
    case error
    case handle
    case inode
    case offset
    case operation
    case part
    case pid
    case requestID = "request_id"
    /// Id of a naming rule.
    case rule
    /// A refused name's shape, such as `Aa_9-9-9.ext`: never its letters.
    case shape
    case span
    case state
    case status
}
