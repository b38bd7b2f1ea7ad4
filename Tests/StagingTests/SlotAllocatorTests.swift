import ObjectStoreTestSupport
import Testing

@testable import Staging

@Suite("SlotAllocator")
struct SlotAllocatorTests {
    @Test("no slot is given twice, and none that a durable map may still name", arguments: seeds)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var allocator = SlotAllocator()
        var live: Set<UInt64> = []
        var durable: Set<UInt64> = []

        for _ in 0..<2000 {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0..<5:
                let count = UInt64.random(in: 1...16, using: &generator)
                let end = allocator.end
                let growth = allocator.growth(for: count)
                let slots = Array(allocator.take(count).joined())
                #expect(slots.count == Int(count) && allocator.end == end + growth)
                #expect(live.isDisjoint(with: slots) && durable.isDisjoint(with: slots))
                live.formUnion(slots)
            case 5, 6:
                for slot in live.sorted().prefix(20) where Bool.random(using: &generator) {
                    let isDurable = Bool.random(using: &generator)
                    allocator.release(slot..<slot + 1, durable: isDurable)
                    live.remove(slot)
                    if isDurable { durable.insert(slot) }
                }
            default:
                allocator.forgetDurable()
                durable = []
            }
        }
    }

    @Test("freed neighbours become one run again, which serves a large write")
    func merging() {
        var allocator = SlotAllocator()
        _ = allocator.take(16)

        for slot in [UInt64](0..<16).shuffled() {
            allocator.release(slot..<slot + 1, durable: false)
        }

        #expect(allocator.growth(for: 16) == 0)
        #expect(allocator.take(16) == [0..<16])
    }

    @Test("scattered free slots are used once they are many, so that the file stops growing")
    func scattered() {
        var allocator = SlotAllocator()
        _ = allocator.take(1000)
        for slot in stride(from: UInt64(0), to: 1000, by: 2) {
            allocator.release(slot..<slot + 1, durable: false)
        }

        let slots = allocator.take(16)

        #expect(slots.joined().count == 16 && allocator.end == 1000)
    }
}
