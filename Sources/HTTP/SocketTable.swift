private import CLibCurl

/// The sockets of one transfer thread, to ask the kernel how much a peer has not acknowledged:
/// libcurl tells a transfer's ports, but not its socket before it is done. Used on that thread
/// only.
final class SocketTable: @unchecked Sendable {
    // `@unchecked`: confined to the loop's thread.
    private var descriptors: Set<Int32> = []

    /// Takes note of a new socket. Nobody tells when it is closed: `unacknowledgedBytes` finds out.
    func add(_ descriptor: Int32) {
        descriptors.insert(descriptor)
    }

    /// Bytes that the peer of a connection has not acknowledged; 0 when there is none.
    /// - Parameter localPort: the connection's port on this machine.
    func unacknowledgedBytes(localPort: Int32) -> Int {
        for descriptor in descriptors {
            switch wardfs_unacknowledged(descriptor, localPort) {
            case -2: descriptors.remove(descriptor)
            case -1: break
            case let count: return Int(count)
            }
        }
        return 0
    }
}
