import Glibc
import Testing

@testable import FUSEAdapter

@Suite struct ProcFSInspectorTests {
    @Test("a thread belongs to this process") func thread() {
        let inspector = ProcFSInspector()

        #expect(inspector.processID(ofThread: gettid()) == getpid())
        #expect(inspector.isKilled(thread: gettid()) == false)
    }

    @Test("a process that does not exist is neither found nor killed") func absent() {
        let inspector = ProcFSInspector()

        #expect(inspector.processID(ofThread: .max) == nil)
        #expect(inspector.isKilled(thread: .max) == false)
    }
}
