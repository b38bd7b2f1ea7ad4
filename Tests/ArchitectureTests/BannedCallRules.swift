/// Calls that hide failures, time, chance or unsafety.
enum BannedCallRules {
    /// Where the real clocks are made.
    private static let wiring = "Sources/CLI/Wiring.swift"

    private static let everywhere: [(call: String, reason: String)] = [
        ("try!", "throw, or handle the error"),
        ("as!", "use as? and handle the other case"),
        ("fatalError(", "throw: nothing from outside may trap"),
        ("import Foundation", "no Foundation: 40 MB and slow to start"),
        ("catch {}", "handle the error"),
        ("catch { }", "handle the error"),
    ]

    private static let outsideWiring: [(call: String, reason: String)] = [
        ("Date()", "take a WallClock"),
        ("ContinuousClock.now", "take a clock"),
        ("ContinuousClock()", "take a clock"),
        ("SuspendingClock", "take a clock"),
        ("Task.sleep", "take a clock and sleep on it"),
    ]

    static func violations(in file: SourceFile) -> [Violation] {
        var bans = everywhere
        if file.path != wiring { bans += outsideWiring }
        if file.layer != "CLI" { bans.append(("print(", "log, or return it")) }
        return file.code.enumerated().flatMap { index, line in
            bans.filter { contains(line, $0.call) }
                .map { Violation(file, line: index + 1, "\($0.call): \($0.reason)") }
        }
    }

    /// In tests only what makes them depend on luck.
    static func violationsInTests(in file: SourceFile) -> [Violation] {
        file.code.enumerated().compactMap { index, line in
            contains(line, "Task.sleep") || contains(line, "usleep(")
                ? Violation(file, line: index + 1, "wait for an event, not for a time") : nil
        }
    }

    /// Whether `call` stands in the line as words of its own: `print(` is not in `blueprint(`.
    private static func contains(_ line: String, _ call: String) -> Bool {
        line.ranges(of: call).contains { range in
            let before = line[..<range.lowerBound].last
            let after = line[range.upperBound...].first
            let wordBefore = before.map { $0.isLetter || $0.isNumber || "_.".contains($0) } ?? false
            let wordAfter = call.last?.isLetter == true && (after?.isLetter ?? false)
            return !wordBefore && !wordAfter
        }
    }
}
