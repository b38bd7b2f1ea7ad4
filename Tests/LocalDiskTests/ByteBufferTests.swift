import LocalDisk
import ObjectStorage
import Testing

@Suite("ByteBuffer")
struct ByteBufferTests {
    @Test("a buffer holds what was appended last, and nothing after a failed filling")
    func filling() {
        let buffer = ByteBuffer(capacity: 4)

        buffer.fill { output in
            output.append(1)
            output.append(2)
        }
        #expect(copy(of: buffer) == [1, 2])

        buffer.fill { $0.append(3) }
        #expect(copy(of: buffer) == [3])

        #expect(throws: DiskError.self) {
            try buffer.fill { output throws(DiskError) in
                output.append(4)
                throw DiskError(.failed, operation: .read)
            }
        }
        #expect(copy(of: buffer) == [])
    }

    @Test("a pool gives a returned buffer again, and never one to two users at once")
    func pooling() {
        let pool = ByteBufferPool(capacity: 4, maximumIdle: 1)
        var first: ObjectIdentifier?

        pool.withBuffer { outer in
            first = ObjectIdentifier(outer)
            pool.withBuffer { inner in
                #expect(inner !== outer)
            }
        }

        // The inner one came back first and filled the pool; the outer one was let go.
        pool.withBuffer { #expect(ObjectIdentifier($0) != first) }
    }

    private func copy(of buffer: ByteBuffer) -> [UInt8] {
        [UInt8](copying: buffer.bytes)
    }
}
