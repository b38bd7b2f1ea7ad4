import Telemetry
import Testing

@Suite struct CountersTests {
    @Test("each name has a counter of its own", arguments: Counters.Name.allCases)
    func ownCounter(name: Counters.Name) {
        let counters = Counters()

        counters.add(3, to: name)
        counters.add(to: name)

        #expect(counters[name] == 4)
        #expect(counters.snapshot.map(\.name) == [name])
    }

    @Test("additions of several tasks at once are all counted")
    func concurrent() async {
        let counters = Counters()

        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 { counters.add(2, to: .bytesRead) }
                }
            }
        }

        #expect(counters[.bytesRead] == 80_000)
    }
}
