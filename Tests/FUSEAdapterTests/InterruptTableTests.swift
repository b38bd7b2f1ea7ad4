import Synchronization
import Testing

@testable import FUSEAdapter

@Suite struct InterruptTableTests {
    private let table = InterruptTable()

    @Test("an interrupt that comes before the work is known cancels it at once") func early() {
        let cancelled = Atomic(false)
        let ticket = table.begin()
        table.interrupt(ticket)

        table.setCancel(ticket) { cancelled.store(true, ordering: .relaxed) }

        #expect(cancelled.load(ordering: .relaxed))
    }

    @Test("an interrupt behind the reply does nothing") func late() {
        let cancelled = Atomic(false)
        let ticket = table.begin()
        table.setCancel(ticket) { cancelled.store(true, ordering: .relaxed) }
        table.end(ticket)

        table.interrupt(ticket)

        #expect(cancelled.load(ordering: .relaxed) == false)
    }

    @Test("an interrupt reaches only its own request") func others() {
        let cancelled = Atomic(0)
        let (first, second) = (table.begin(), table.begin())
        table.setCancel(first) { cancelled.add(1, ordering: .relaxed) }
        table.setCancel(second) { cancelled.add(100, ordering: .relaxed) }

        table.interrupt(first)

        #expect(cancelled.load(ordering: .relaxed) == 1)
    }
}
