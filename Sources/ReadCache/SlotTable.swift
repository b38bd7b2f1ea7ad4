/// Where a block belongs: the number that the cache gave to a version of an object, and the
/// block's index in it.
struct BlockAddress: Hashable {
    let version: UInt64
    let index: UInt64
}

/// One block's place in the cache, from when its GET is queued until it is evicted.
struct Slot {
    enum Content {
        case free
        /// The transfer that will bring it.
        case loading(UInt64)
        case resident(CacheBlock)
    }

    /// The eviction order: `read` before `reread`, `unread` last and for waiters only.
    enum Queue {
        case none
        /// Fetched ahead and not read yet.
        case unread
        /// Read once, or never wanted any more; first in, first out, so that one long stream
        /// cannot push out what is read again and again.
        case read
        /// Read again; least recently used first.
        case reread
    }

    var address: BlockAddress
    var content: Content
    /// Bytes: the block size, or less at the object's end.
    var byteCount: Int
    /// The reader whose prefetch brought it.
    var owner: UInt64
    /// Pending reads that wait for it or hold it; while there are any it is in no queue.
    var pins = 0
    var waiters: [UInt64] = []
    /// The highest offset inside the block that was read: a read below it is a second one.
    var readEnd = 0
    fileprivate(set) var queue: Queue = .none
    fileprivate var previous = -1
    fileprivate var next = -1

    init(address: BlockAddress, byteCount: Int, owner: UInt64, transfer: UInt64) {
        self.address = address
        self.byteCount = byteCount
        self.owner = owner
        content = .loading(transfer)
    }
}

/// The slots, found by address and kept in three eviction queues. No policy here.
struct SlotTable {
    private struct List {
        var head = -1
        var tail = -1
        var byteCount = 0
    }

    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var numbers: [BlockAddress: Int] = [:]
    private var unread = List()
    private var read = List()
    private var reread = List()

    /// Slots in use.
    var count: Int { numbers.count }

    subscript(number: Int) -> Slot {
        get { slots[number] }
        _modify { yield &slots[number] }
    }

    func number(of address: BlockAddress) -> Int? {
        numbers[address]
    }

    /// The numbers of all slots in use, in no order. Walks the whole table.
    var all: [Int] { Array(numbers.values) }

    /// - Precondition: the address has no slot.
    mutating func add(_ slot: Slot) {
        if let free = freeSlots.popLast() {
            slots[free] = slot
            numbers[slot.address] = free
        } else {
            slots.append(slot)
            numbers[slot.address] = slots.count - 1
        }
    }

    /// Frees a slot; what it held is gone from the cache.
    mutating func remove(_ number: Int) {
        unlink(number)
        numbers[slots[number].address] = nil
        slots[number].content = .free
        slots[number].waiters = []
        freeSlots.append(number)
    }

    func head(of queue: Slot.Queue) -> Int? {
        let head = list(queue).head
        return head < 0 ? nil : head
    }

    func next(after number: Int) -> Int? {
        let next = slots[number].next
        return next < 0 ? nil : next
    }

    func byteCount(of queue: Slot.Queue) -> Int { list(queue).byteCount }

    /// Puts a slot at the end of a queue, out of the one where it is; `.none` only takes it out.
    mutating func move(_ number: Int, to queue: Slot.Queue) {
        unlink(number)
        guard queue != .none else { return }
        var list = list(queue)
        slots[number].queue = queue
        slots[number].previous = list.tail
        slots[number].next = -1
        if list.tail >= 0 { slots[list.tail].next = number } else { list.head = number }
        list.tail = number
        list.byteCount += slots[number].byteCount
        setList(queue, list)
    }

    private mutating func unlink(_ number: Int) {
        let queue = slots[number].queue
        guard queue != .none else { return }
        var list = list(queue)
        let previous = slots[number].previous
        let next = slots[number].next
        if previous >= 0 { slots[previous].next = next } else { list.head = next }
        if next >= 0 { slots[next].previous = previous } else { list.tail = previous }
        list.byteCount -= slots[number].byteCount
        setList(queue, list)
        slots[number].queue = .none
    }

    private func list(_ queue: Slot.Queue) -> List {
        switch queue {
        case .none: List()
        case .unread: unread
        case .read: read
        case .reread: reread
        }
    }

    private mutating func setList(_ queue: Slot.Queue, _ list: List) {
        switch queue {
        case .none: break
        case .unread: unread = list
        case .read: read = list
        case .reread: reread = list
        }
    }
}
