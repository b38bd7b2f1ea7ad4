package import Logging
package import ObjectStorage

/// Takes one finished line with its line feed; may be called from any thread at once.
package typealias LogOutput = @Sendable (_ line: [UInt8]) -> Void

/// Writes each event as one line of UTF-8: time, level, label, message, `name=value` pairs.
///
/// Redacting: a metadata value is printed only if its type is `LogSafe`; all others, strings
/// among them, print as their length. Names of metadata that are no `LogField` are dropped with
/// their value. Control characters of messages are escaped, so that one event stays one line.
package struct LineLogHandler: LogHandler {
    /// What stands at the head of a line.
    package enum Style: Sendable {
        /// RFC 3339 time in UTC with milliseconds, then the level.
        case timed
        /// `<6>` and the like, which systemd's journal takes off and files as the priority; the
        /// journal adds the time itself.
        /// Source: sd-daemon(3).
        case journal
    }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let style: Style
    private let clock: any WallClock
    private let output: LogOutput

    /// - Parameter label: the part of the program, such as `wardfs.staging`.
    package init(
        label: String, level: Logger.Level, style: Style, clock: any WallClock,
        output: @escaping LogOutput
    ) {
        self.label = label
        logLevel = level
        self.style = style
        self.clock = clock
        self.output = output
    }

    /// The style for a process with this environment: `journal` when systemd connected standard
    /// error to its journal.
    /// Source: systemd.exec(5), `$JOURNAL_STREAM`.
    package static func style(journalStream: String?) -> Style {
        journalStream?.isEmpty == false ? .journal : .timed
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: String
        switch style {
        case .timed: line = "\(RFC3339.text(of: clock.now())) \(event.level.word) "
        case .journal: line = "<\(event.level.priority)>"
        }
        line += label + " " + Self.escaped(event.message.description)
        var facts = metadataProvider?.get() ?? [:]
        facts.merge(metadata) { $1 }
        facts.merge(event.metadata ?? [:]) { $1 }
        for (name, value) in facts.sorted(by: { $0.key < $1.key })
        where LogField(rawValue: name) != nil {
            line += " \(name)=\(Self.quoted(Self.redacted(value)))"
        }
        if let error = event.error {
            line += " error=\(Self.quoted(Self.redacted(error)))"
        }
        output(Array(line.utf8) + [0x0A])
    }

    /// The value as it may be printed.
    private static func redacted(_ value: Logger.Metadata.Value) -> String {
        switch value {
        case .stringConvertible(let value as any LogSafe): value.description
        case .stringConvertible: "<redacted>"
        case .string(let text): "<\(text.utf8.count) bytes>"
        case .array(let values): "<\(values.count) values>"
        case .dictionary(let values): "<\(values.count) values>"
        }
    }

    private static func redacted(_ error: any Error) -> String {
        (error as? any LogSafe)?.description ?? "<\(type(of: error))>"
    }

    private static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 < 0x7F }
        if plain, !text.isEmpty { return text }
        return "\"" + escaped(text, quote: true) + "\""
    }

    private static func escaped(_ text: String, quote: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\"" where quote: result += "\\\""
            case _ where scalar.properties.generalCategory == .control,
                _ where scalar.properties.generalCategory == .format:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Logger.Level {
    /// The level in capitals, five columns wide.
    var word: String {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO "
        case .notice: "NOTE "
        case .warning: "WARN "
        case .error: "ERROR"
        case .critical: "CRIT "
        }
    }

    /// Syslog's severity.
    /// Source: RFC 5424, 6.2.1, table 2.
    var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
