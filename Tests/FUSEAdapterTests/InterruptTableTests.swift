import Synchronization
import Testing

@testable import FUSEAdapter

private final class Flag: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func raise(_ amount: Int) {
        count.withLock { $0 += amount }
    }
}

@Suite struct InterruptTableTests {
    private let table = InterruptTable()

    @Test("an interrupt that comes before the work is known cancels it at once") func early() {
        let cancelled = Flag()
        let ticket = table.begin()
        table.interrupt(ticket)

        table.setCancel(ticket) { cancelled.raise(1) }

        #expect(cancelled.value == 1)
    }

    @Test("an interrupt behind the reply does nothing") func late() {
        let cancelled = Flag()
        let ticket = table.begin()
        table.setCancel(ticket) { cancelled.raise(1) }
        table.end(ticket)

        table.interrupt(ticket)

        #expect(cancelled.value == 0)
    }

    @Test("an interrupt reaches only its own request") func others() {
        let cancelled = Flag()
        let (first, second) = (table.begin(), table.begin())
        table.setCancel(first) { cancelled.raise(1) }
        table.setCancel(second) { cancelled.raise(100) }

        table.interrupt(first)

        #expect(cancelled.value == 1)
    }
}
