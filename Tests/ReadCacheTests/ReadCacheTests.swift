import ObjectStorage
import ReadCache
import Testing

@Suite("ReadCache", .timeLimit(.minutes(1)))
struct ReadCacheTests {
    @Test("a read of cached blocks is answered before it returns")
    func hitIsInline() async throws {
        let fixture = ReadCacheFixture(size: 100)
        let reader = fixture.open()
        let first = reader.start(at: 0, count: 50)
        try await fixture.store.request(1).finish()
        try await first.wait()

        let second = reader.start(at: 3, count: 40)

        #expect(second.bytes == GatedStore.bytes(ByteRange(offset: 3, count: 40)))
        #expect(fixture.cache.statistics.hits == 1)
        #expect(fixture.store.requests.count == 1)
    }

    @Test("reads are clipped at the object's end, and none asks the store behind it")
    func clips() async throws {
        let fixture = ReadCacheFixture(size: 100, automatic: true)
        let reader = fixture.open()

        let tail = try await reader.start(at: 90, count: 50).wait()
        let behind = reader.start(at: 100, count: 1)
        let far = reader.start(at: .max, count: 1)
        let none = reader.start(at: 0, count: 0)

        #expect(tail == GatedStore.bytes(ByteRange(offset: 90, count: 10)))
        #expect(behind.bytes == [])
        #expect(far.bytes == [])
        #expect(none.bytes == [])
        #expect(fixture.store.requests.count == 1)
    }

    @Test("a waiter is answered when its block is there, not when the GET ends")
    func deliversEarly() async throws {
        let fixture = ReadCacheFixture(size: 10_000)
        let reader = fixture.open()
        let answer = reader.start(at: 0, count: 20)
        let request = try await fixture.store.request(1)
        #expect(request.range == ByteRange(offset: 0, count: 144))

        request.send(32)

        #expect(try await answer.wait() == GatedStore.bytes(ByteRange(offset: 0, count: 20)))
        request.finish()
    }

    @Test("a whole object is shown to nobody before its checksum was checked")
    func holdsWholeObjects() async throws {
        let fixture = ReadCacheFixture(size: 100)
        let reader = fixture.open()
        let answer = reader.start(at: 0, count: 10)
        let request = try await fixture.store.request(1)
        #expect(request.isWhole)

        request.send(100)
        request.fail(.checksumMismatch)
        try await answer.wait()

        #expect(answer.errorCode == .checksumMismatch)
        #expect(fixture.cache.statistics.bytesResident == 0)
    }

    @Test("two readers of one block cause one GET")
    func singleFlight() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let left = fixture.open()
        let right = fixture.open()

        let first = left.start(at: 5000, count: 20)
        let second = right.start(at: 5008, count: 8)
        try await fixture.store.request(1).finish()
        try await first.wait()
        try await second.wait()

        #expect(first.bytes == GatedStore.bytes(ByteRange(offset: 5000, count: 20)))
        #expect(second.bytes == GatedStore.bytes(ByteRange(offset: 5008, count: 8)))
        #expect(fixture.store.requests.count == 1)
    }

    @Test("an error reaches the waiters of the missing blocks only, and the next read tries again")
    func errorThenRecovery() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let reader = fixture.open()
        let early = reader.start(at: 5000, count: 8)
        let late = reader.start(at: 4992, count: 64)
        let first = try await fixture.store.request(1)
        let second = try await fixture.store.request(2)
        #expect(first.range == ByteRange(offset: 4992, count: 16))
        #expect(second.range == ByteRange(offset: 5008, count: 48))

        first.finish()
        second.send(16)
        try await early.wait()
        second.fail(.serverFailure)
        try await late.wait()
        let again = reader.start(at: 4992, count: 64)
        let third = try await fixture.store.request(3)
        third.finish()
        try await again.wait()

        #expect(early.bytes == GatedStore.bytes(ByteRange(offset: 5000, count: 8)))
        #expect(late.errorCode == .serverFailure)
        // The block that came before the error was kept.
        #expect(third.range == ByteRange(offset: 5024, count: 32))
        #expect(again.bytes == GatedStore.bytes(ByteRange(offset: 4992, count: 64)))
        #expect(fixture.cache.statistics.failedRequests == 1)
    }

    @Test("a body that ends early is an error, not short or stale data")
    func shortBody() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let reader = fixture.open()
        let answer = reader.start(at: 5000, count: 20)
        let request = try await fixture.store.request(1)

        request.send(10)
        request.end()
        try await answer.wait()

        #expect(answer.errorCode == .malformedResponse)
        #expect(fixture.cache.statistics.bytesResident == 0)
        #expect(fixture.cache.statistics.bytesInFlight == 0)
    }

    @Test("a replaced object fails the reader and never mixes two versions")
    func replacedObject() async throws {
        let fixture = ReadCacheFixture(size: 100_000, automatic: true)
        let old = fixture.open()
        try await old.start(at: 5000, count: 16).wait()
        fixture.store.replaceObject()

        let stale = old.start(at: 5000, count: 100)
        try await stale.wait()
        let new = fixture.open(version: 2)
        let fresh = try await new.start(at: 5000, count: 100).wait()

        #expect(stale.errorCode == .preconditionFailed)
        #expect(
            fresh == GatedStore.bytes(ByteRange(offset: 5000, count: 100), version: 2))
        #expect(fixture.store.requests.allSatisfy { $0.eTag != nil })
    }

    @Test("cancelling the last waiter ends the read and its GET")
    func cancelLastWaiter() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let reader = fixture.open()
        let answer = Answer()
        let token = reader.read(at: 5000, count: 20) { answer.give($0) }
        _ = try await fixture.store.request(1)

        token.cancel()
        try await fixture.store.cancellation(1)
        token.cancel()

        #expect(answer.errorCode == .cancelled)
        #expect(answer.count == 1)
        #expect(fixture.cache.statistics.cancelledRequests == 1)
    }

    @Test("cancelling one of two waiters leaves the other its GET")
    func cancelOneWaiter() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let reader = fixture.open()
        let answer = Answer()
        let token = reader.read(at: 5000, count: 8) { answer.give($0) }
        let other = reader.start(at: 5000, count: 4)
        let request = try await fixture.store.request(1)

        token.cancel()
        request.finish()
        try await other.wait()

        #expect(answer.errorCode == .cancelled)
        #expect(other.bytes == GatedStore.bytes(ByteRange(offset: 5000, count: 4)))
        #expect(fixture.store.requests.count == 1)
    }

    @Test("a read right after a cancelled one is not cancelled with it")
    func readAfterCancel() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let reader = fixture.open()
        let token = reader.read(at: 5000, count: 8) { _ in }
        _ = try await fixture.store.request(1)
        token.cancel()

        let answer = reader.start(at: 5000, count: 8)
        try await fixture.store.request(2).finish()
        try await answer.wait()

        #expect(answer.bytes == GatedStore.bytes(ByteRange(offset: 5000, count: 8)))
    }

    @Test("close cancels what waits and what was fetched ahead, and later reads")
    func closeDuringFlight() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let reader = fixture.open()
        let answer = reader.start(at: 0, count: 16)
        _ = try await fixture.store.request(1)

        reader.close()
        try await fixture.store.cancellation(1)
        let late = reader.start(at: 0, count: 16)

        #expect(answer.errorCode == .cancelled)
        #expect(late.errorCode == .cancelled)
        let statistics = try await fixture.settled()
        #expect(statistics.bytesInFlight == 0)
        #expect(statistics.bytesResident == 0)
    }

    @Test("close leaves another reader's wait for the same block alone")
    func closeLeavesOthers() async throws {
        let fixture = ReadCacheFixture(size: 100_000)
        let closing = fixture.open()
        let staying = fixture.open()
        let lost = closing.start(at: 0, count: 16)
        let kept = staying.start(at: 0, count: 16)
        let request = try await fixture.store.request(1)

        closing.close()
        request.finish()
        try await kept.wait()

        #expect(lost.errorCode == .cancelled)
        #expect(kept.bytes == GatedStore.bytes(ByteRange(offset: 0, count: 16)))
    }

    @Test("invalidate frees the blocks of a key and lets its readers go on")
    func invalidate() async throws {
        let fixture = ReadCacheFixture(size: 100_000, automatic: true)
        let reader = fixture.open()
        try await reader.start(at: 5000, count: 100).wait()

        fixture.cache.invalidate(key: ObjectKey("other"))
        #expect(fixture.cache.statistics.bytesResident == 112)
        fixture.cache.invalidate(key: ObjectKey("k"))
        #expect(fixture.cache.statistics.bytesResident == 0)
        let again = try await reader.start(at: 5000, count: 100).wait()

        #expect(again == GatedStore.bytes(ByteRange(offset: 5000, count: 100)))
    }

    @Test("the asynchronous read returns the clipped range, across many blocks")
    func asynchronousRead() async throws {
        let fixture = ReadCacheFixture(size: 10_000, automatic: true)
        let reader = fixture.open()

        let bytes = try await reader.read(ByteRange(offset: 9, count: 20_000))

        #expect(bytes == GatedStore.bytes(ByteRange(offset: 9, count: 9991)))
    }

    @Test("the asynchronous read heeds its task's cancellation")
    func asynchronousCancel() async throws {
        let fixture = ReadCacheFixture(size: 10_000)
        let reader = fixture.open()
        let task = Task { () -> ObjectStoreError.Code? in
            do throws(ObjectStoreError) {
                _ = try await reader.read(ByteRange(offset: 5000, count: 10))
                return nil
            } catch {
                return error.code
            }
        }
        _ = try await fixture.store.request(1)

        task.cancel()

        #expect(await task.value == .cancelled)
    }
}
