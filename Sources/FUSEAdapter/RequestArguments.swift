internal import CLibFUSE3
internal import FileSystem
internal import Glibc

/// A name as the kernel passes it: NUL-terminated bytes.
/// - Throws: `illegalSequence` (EILSEQ) when it is no UTF-8: no object key can hold it.
func text(_ name: UnsafePointer<CChar>?) throws(FileSystemError) -> String {
    // SAFETY: libfuse passes a NUL-terminated name that lives during the call.
    guard let name = unsafe name, let text = unsafe String(validatingCString: name) else {
        throw FileSystemError(.illegalSequence, "name")
    }
    return text
}

/// The handle that `open` or `opendir` gave the kernel.
func handle(_ info: UnsafeMutablePointer<fuse_file_info>?) -> HandleNumber {
    // SAFETY: libfuse passes a valid pointer or none.
    guard let info = unsafe info else { return HandleNumber(0) }
    return unsafe HandleNumber(info.pointee.fh)
}

func openFlags(_ info: UnsafeMutablePointer<fuse_file_info>?) -> Int32 {
    // SAFETY: as above.
    guard let info = unsafe info else { return 0 }
    return unsafe info.pointee.flags
}

extension OpenMode {
    /// Source: `man 2 open`.
    init(flags: Int32) {
        let access = flags & O_ACCMODE
        self.init(
            isReadable: access == O_RDONLY || access == O_RDWR,
            isWritable: access == O_WRONLY || access == O_RDWR, truncates: flags & O_TRUNC != 0)
    }
}
