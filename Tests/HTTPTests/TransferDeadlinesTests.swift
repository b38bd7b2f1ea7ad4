import Testing

@testable import HTTP

@Suite struct TransferDeadlinesTests {
    private let timeouts = HTTPRequest.Timeouts(
        firstByte: .seconds(10), stall: .seconds(20), total: .seconds(100))

    private static func at(
        begun: Bool = true, sent: Bool = false, answered: Bool = false, moved: Int64 = 0
    ) -> TransferProgress {
        TransferProgress(
            requestBegun: begun, requestSent: sent, answerBegun: answered, movedBytes: moved)
    }

    @Test("the first byte's time begins when the peer has the whole request")
    func firstByte() {
        var deadlines = TransferDeadlines(timeouts, now: .seconds(5))

        #expect(deadlines.check(Self.at(begun: false), now: .seconds(50)) == nil)
        #expect(deadlines.check(Self.at(moved: 1_000_000), now: .seconds(51)) == nil)
        #expect(deadlines.check(Self.at(sent: true), now: .seconds(52)) == nil)
        #expect(deadlines.check(Self.at(sent: true), now: .seconds(61)) == nil)
        #expect(deadlines.check(Self.at(sent: true), now: .seconds(62)) == .firstByte)
    }

    @Test("a rate of 1 KiB/s is enough, less for the whole time is a stall")
    func stall() {
        var enough = TransferDeadlines(timeouts, now: .zero)
        var little = TransferDeadlines(timeouts, now: .zero)

        var stalledAt: Int?
        for second in 0...90 {
            let time = Duration.seconds(second)
            let good = Self.at(answered: true, moved: Int64(second) * 1100)
            #expect(enough.check(good, now: time) == nil)
            let bad = Self.at(answered: true, moved: Int64(second) * 900)
            if little.check(bad, now: time) == .stall, stalledAt == nil { stalledAt = second }
        }

        #expect(stalledAt == 20)
    }

    @Test("a request that is sent again starts its measure anew")
    func replay() {
        var deadlines = TransferDeadlines(timeouts, now: .zero)

        #expect(deadlines.check(Self.at(moved: 5_000_000), now: .seconds(1)) == nil)
        #expect(deadlines.check(Self.at(moved: 10), now: .seconds(20)) == nil)
        #expect(deadlines.check(Self.at(moved: 20), now: .seconds(39)) == nil)
        #expect(deadlines.check(Self.at(moved: 20), now: .seconds(40)) == .stall)
    }

    @Test("the total bounds everything, connecting included")
    func total() {
        var deadlines = TransferDeadlines(timeouts, now: .seconds(7))

        #expect(deadlines.check(Self.at(begun: false), now: .seconds(106)) == nil)
        #expect(deadlines.check(Self.at(begun: false), now: .seconds(107)) == .total)
    }
}
