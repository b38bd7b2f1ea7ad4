internal import Glibc

/// `argv` as `posix_spawn` takes it.
enum ArgumentVector {
    /// Calls `body` with the arguments as C strings behind each other, ended by null.
    static func with(
        _ arguments: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
    ) -> Int32 {
        var pointers = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        // SAFETY: the strings live until `body` has returned; free(3) takes null.
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe body(pointers)
    }
}
