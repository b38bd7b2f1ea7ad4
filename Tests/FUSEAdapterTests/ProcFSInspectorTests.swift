import Glibc
import Testing

@testable import FUSEAdapter

@Suite struct ProcFSInspectorTests {
    @Test("a thread belongs to this process") func thread() {
        let inspector = ProcFSInspector()

        #expect(inspector.processID(ofThread: getpid()) == getpid())
        #expect(inspector.isKilled(thread: getpid()) == false)
    }

    @Test("a process that does not exist is neither found nor killed") func absent() {
        let inspector = ProcFSInspector()

        #expect(inspector.processID(ofThread: .max) == nil)
        #expect(inspector.isKilled(thread: .max) == false)
    }
}
