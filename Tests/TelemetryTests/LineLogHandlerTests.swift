import Logging
import ObjectStorage
import Synchronization
import Telemetry
import Testing

/// A clock that stands still.
private struct StoppedClock: WallClock {
    func now() -> Timestamp { Timestamp(seconds: 1_795_518_420, nanoseconds: 250_999_999) }
}

/// Keeps the lines that a handler wrote.
private final class Lines: Sendable {
    private let kept = Mutex<[String]>([])

    func take(_ line: [UInt8]) {
        kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }

    var all: [String] { kept.withLock { $0 } }
}

@Suite struct LineLogHandlerTests {
    private let lines = Lines()

    private func logger(_ style: LineLogHandler.Style = .timed) -> Logger {
        let lines = lines
        return Logger(label: "wardfs.test") { label in
            LineLogHandler(
                label: label, level: .info, style: style, clock: StoppedClock(),
                output: { lines.take($0) })
        }
    }

    @Test("an event is one line with time, level, label, message and sorted facts")
    func oneLine() {
        logger().event(.info, "published", [.inode: 12, .bytes: UInt64(300)])

        #expect(
            lines.all == [
                "2026-11-24T11:07:00.250Z INFO  wardfs.test published bytes=300 inode=12\n"
            ])
    }

    @Test(
        "under the journal a line begins with syslog's priority and has no time",
        arguments: [
            (Logger.Level.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3),
            (.critical, 2),
        ])
    func journal(level: Logger.Level, priority: Int) {
        var logger = logger(.journal)
        logger.logLevel = .trace

        logger.event(level, "hello")

        #expect(lines.all == ["<\(priority)>wardfs.test hello\n"])
    }

    @Test("a set JOURNAL_STREAM chooses the journal's style")
    func styles() {
        #expect(LineLogHandler.style(journalStream: "8:12345") == .journal)
        #expect(LineLogHandler.style(journalStream: "") == .timed)
        #expect(LineLogHandler.style(journalStream: nil) == .timed)
    }

    @Test("an object key prints as its length, a string as nothing but its length")
    func redaction() {
        let log = logger()

        log.event(.info, "read", [.state: ObjectKey("Doe_John/labs.pdf")])
        log.info("read", metadata: ["state": "Doe_John"])
        log.info("read", metadata: ["state": ["Doe_John"], "code": ["key": "Doe_John"]])
        log.info("read", metadata: ["state": .stringConvertible(Substring("Doe_John"))])

        #expect(!lines.all.joined().contains("Doe"))
        #expect(lines.all[0].hasSuffix(#"read state="<key of 17 bytes>"\#n"#))
        #expect(lines.all[1].hasSuffix(#"read state="<8 bytes>"\#n"#))
    }

    @Test("metadata under an unknown name is dropped")
    func unknownField() {
        logger().info("read", metadata: ["Doe_John": .stringConvertible(1), "inode": "x"])

        #expect(lines.all[0].hasSuffix("wardfs.test read inode=\"<1 bytes>\"\n"))
    }

    @Test("an error of the store prints its code; another error only its type")
    func errors() {
        struct Strange: Error { let path = "/srv/Doe_John" }

        logger().event(.error, "failed", [.error: ObjectStoreError(.noSuchKey, operation: "Get")])
        logger().error("failed", error: Strange())

        #expect(lines.all[0].hasSuffix("failed error=\"Get: noSuchKey\"\n"))
        #expect(lines.all[1].hasSuffix("failed error=<Strange>\n"))
    }

    @Test("control and bidi characters cannot break or turn a line")
    func escaping() {
        logger().info("a\nb\u{1B}[31m\u{202E}c")

        #expect(lines.all[0].hasSuffix("a\\nb\\u{1b}[31m\\u{202e}c\n"))
    }

    @Test("facts of an event below the level are not even evaluated")
    func lazy() {
        func trap() -> Int {
            Issue.record("evaluated")
            return 1
        }

        logger().event(.debug, "quiet", [.count: trap()])

        #expect(lines.all.isEmpty)
    }

    @Test("the logger's own metadata stands in each line; the event's wins")
    func ownMetadata() {
        var log = logger()
        log[metadataKey: "pid"] = .stringConvertible(7)

        log.event(.info, "one")
        log.event(.info, "two", [.pid: 8])

        #expect(lines.all[0].hasSuffix("one pid=7\n"))
        #expect(lines.all[1].hasSuffix("two pid=8\n"))
    }
}
