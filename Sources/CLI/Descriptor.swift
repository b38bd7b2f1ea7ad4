internal import Glibc

/// Text through file descriptors.
enum Descriptor {
    /// Writes a text; what cannot be written has nowhere to be reported.
    static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }

    /// Writes bytes; what cannot be written has nowhere to be reported.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        // SAFETY: writes at most the buffer's length.
        _ = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
    }

    /// Reads once, up to 16 KiB; empty at the end, nil after an error.
    static func readSome(_ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            // SAFETY: reads at most the buffer's length.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            return count < 0 ? nil : Array(buffer.prefix(count))
        }
    }

    /// All up to the end, or to an error.
    static func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        while let some = readSome(descriptor), !some.isEmpty { bytes += some }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A small file of the system; nil when it cannot be opened.
    static func readFile(_ path: String) -> String? {
        // SAFETY: the path lives during the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return readAll(descriptor)
    }
}
