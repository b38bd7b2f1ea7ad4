package import FileSystem
internal import Glibc

/// Reads `/proc` of this machine.
package struct ProcFSInspector: ProcessInspector {
    package init() {}

    package func processID(ofThread pid: Int32) -> Int32? {
        guard let text = read("/proc/\(pid)/status") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("Tgid:") {
            return Int32(line.dropFirst(5).drop { $0 == "\t" || $0 == " " })
        }
        return nil
    }

    /// PF_SIGNALED of Linux `include/linux/sched.h`: killed by a signal.
    private static let killedFlag: UInt64 = 0x400

    package func isKilled(thread pid: Int32) -> Bool {
        guard let text = read("/proc/\(pid)/stat") else { return false }
        // Field 2 is the command in parentheses and may hold anything; field 9 is the seventh
        // behind.
        guard let close = text.lastIndex(of: ")") else { return false }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 6, let flags = UInt64(fields[6]) else { return false }
        return flags & Self.killedFlag != 0
    }

    package func hasDescriptor(of inode: InodeNumber, thread pid: Int32) -> Bool {
        let path = "/proc/\(pid)/fdinfo"
        // SAFETY: the stream is closed below; an entry's name is copied before the next is read.
        guard let stream = unsafe opendir(path) else { return false }
        defer { unsafe closedir(stream) }
        let line = "\nino:\t\(inode.rawValue)\n"
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(
                    cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            if let info = read("\(path)/\(name)"), info.contains(line) { return true }
        }
        return false
    }

    private func read(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Both files are below 4 KiB.
        var bytes = [UInt8](repeating: 0, count: 4096)
        // SAFETY: reads at most the buffer's length.
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        }
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
