private import Glibc

/// An open file; closed when the last reference goes.
package final class DiskFile: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        // Linux frees the descriptor whatever close(2) returns; what must be durable was
        // synchronized before.
        _ = close(descriptor)
    }
}

/// An open directory; closed when the last reference goes.
package final class DiskDirectory: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }
}
