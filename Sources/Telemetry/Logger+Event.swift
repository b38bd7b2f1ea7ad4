package import Logging

extension Logger {
    /// Logs a fixed sentence with facts.
    ///
    /// The message is a `StaticString` and each fact is `LogSafe`, so that no name can get into a
    /// line through this call.
    /// - Parameters:
    ///   - message: what happened, without a full stop.
    ///   - facts: evaluated only when `level` is logged.
    package func event(
        _ level: Level, _ message: StaticString,
        _ facts: @autoclosure () -> [LogField: any LogSafe] = [:]
    ) {
        guard level >= logLevel else { return }
        var metadata = Metadata()
        for (field, value) in facts() {
            metadata[field.rawValue] = .stringConvertible(value)
        }
        log(level: level, "\(message)", metadata: metadata)
    }
}
