internal import CLibFUSE3
internal import FileSystem
internal import Glibc

// SAFETY: of all callbacks here. libfuse calls them with a request that lives until its reply, and
// with pointers that are valid during the call or null; what outlives the call is copied before.

// The operations on names. Free functions, because C calls them from any thread and a closure made
// in a main-actor context would trap there. Source: libfuse 3.14 `fuse_lowlevel.h`.

/// Runs `body` with the request and a name, answering EILSEQ for bytes that are no UTF-8.
private func named(
    _ raw: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ body: (FUSERequest, String) -> Void
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    do throws(FileSystemError) {
        body(request, unsafe try text(name))
    } catch {
        request.fail(error)
    }
}

func operationLookup(_ raw: OpaquePointer?, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?) {
    unsafe named(raw, name) { request, name in
        let fileSystem = request.fileSystem
        let parent = InodeNumber(parent)
        do throws(FileSystemError) {
            if let entry = try fileSystem.lookupImmediately(parent, name) {
                request.reply(entry)
                return
            }
        } catch {
            return reply(error, to: request)
        }
        request.answerLater { () async throws(FileSystemError) -> FileSystem.Entry? in
            do throws(FileSystemError) {
                return try await fileSystem.lookup(parent, name)
            } catch {
                if error.code == .noEntry { return nil }
                throw error
            }
        } reply: { request, entry in
            if let entry {
                request.reply(entry)
            } else {
                request.replyAbsent(validity: request.adapter.absenceValidity)
            }
        }
    }
}

/// An absence is an answer that the kernel may remember.
private func reply(_ error: FileSystemError, to request: FUSERequest) {
    if error.code == .noEntry {
        request.replyAbsent(validity: request.adapter.absenceValidity)
    } else {
        request.fail(error)
    }
}

func operationForget(_ raw: OpaquePointer?, _ inode: fuse_ino_t, _ count: UInt64) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    request.fileSystem.forget(InodeNumber(inode), count: count)
    request.replyNone()
}

func operationForgetMany(
    _ raw: OpaquePointer?, _ count: Int, _ forgets: UnsafeMutablePointer<fuse_forget_data>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    // SAFETY: libfuse passes `count` elements that live during the call.
    let elements = unsafe UnsafeBufferPointer(start: forgets, count: count)
    for index in 0..<count {
        let forget = unsafe elements[index]
        request.fileSystem.forget(InodeNumber(forget.ino), count: forget.nlookup)
    }
    request.replyNone()
}

func operationMakeDirectory(
    _ raw: OpaquePointer?, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?, _ mode: mode_t
) {
    unsafe named(raw, name) { request, name in
        let (fileSystem, caller) = (request.fileSystem, request.caller)
        request.answerLater { () async throws(FileSystemError) in
            try await fileSystem.makeDirectory(
                InodeNumber(parent), name, permissions: mode & 0o7777, caller)
        } reply: { request, entry in
            request.reply(entry)
        }
    }
}

/// Regular files only: devices, sockets and FIFOs have no object that could stand for them.
func operationMakeNode(
    _ raw: OpaquePointer?, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?, _ mode: mode_t,
    _ device: dev_t
) {
    unsafe named(raw, name) { request, name in
        guard mode & S_IFMT == S_IFREG else { return request.fail(errno: EPERM) }
        let (fileSystem, caller) = (request.fileSystem, request.caller)
        let open = OpenMode(isReadable: false, isWritable: true, truncates: false)
        request.answerLater { () async throws(FileSystemError) -> FileSystem.Entry in
            let (entry, opened) = try await fileSystem.create(
                InodeNumber(parent), name, permissions: mode & 0o7777, open, caller)
            fileSystem.release(opened.handle)
            return entry
        } reply: { request, entry in
            request.reply(entry)
        }
    }
}

func operationSymbolicLink(
    _ raw: OpaquePointer?, _ target: UnsafePointer<CChar>?, _ parent: fuse_ino_t,
    _ name: UnsafePointer<CChar>?
) {
    unsafe named(raw, name) { request, name in
        let (fileSystem, caller) = (request.fileSystem, request.caller)
        let link: String
        do throws(FileSystemError) {
            link = unsafe try text(target)
        } catch {
            return request.fail(error)
        }
        request.answerLater { () async throws(FileSystemError) in
            try await fileSystem.makeSymbolicLink(
                InodeNumber(parent), name, target: link, caller)
        } reply: { request, entry in
            request.reply(entry)
        }
    }
}

func operationUnlink(_ raw: OpaquePointer?, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?) {
    unsafe named(raw, name) { request, name in
        let fileSystem = request.fileSystem
        request.answerLater { () async throws(FileSystemError) in
            try await fileSystem.unlink(InodeNumber(parent), name)
        } reply: { request, _ in
            request.succeed()
        }
    }
}

func operationRemoveDirectory(
    _ raw: OpaquePointer?, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?
) {
    unsafe named(raw, name) { request, name in
        let fileSystem = request.fileSystem
        request.answerLater { () async throws(FileSystemError) in
            try await fileSystem.removeDirectory(InodeNumber(parent), name)
        } reply: { request, _ in
            request.succeed()
        }
    }
}

/// RENAME_NOREPLACE of `man 2 rename`. EXCHANGE and WHITEOUT cannot be kept over objects.
private let renameNoReplace: UInt32 = 1

func operationRename(
    _ raw: OpaquePointer?, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?,
    _ newParent: fuse_ino_t, _ newName: UnsafePointer<CChar>?, _ flags: UInt32
) {
    unsafe named(raw, name) { request, name in
        guard flags & ~renameNoReplace == 0 else { return request.fail(errno: EINVAL) }
        let mode: FileSystem.RenameMode = flags & renameNoReplace != 0 ? .noReplace : .replace
        let fileSystem = request.fileSystem
        let target: String
        do throws(FileSystemError) {
            target = unsafe try text(newName)
        } catch {
            return request.fail(error)
        }
        request.answerLater { () async throws(FileSystemError) in
            try await fileSystem.rename(
                InodeNumber(parent), name, to: InodeNumber(newParent), target, mode)
        } reply: { request, _ in
            request.succeed()
        }
    }
}

/// Two names for one object do not exist in S3.
func operationLink(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ parent: fuse_ino_t,
    _ name: UnsafePointer<CChar>?
) {
    guard let raw = unsafe raw else { return }
    unsafe FUSERequest(raw).fail(errno: EPERM)
}

func operationReadLink(_ raw: OpaquePointer?, _ inode: fuse_ino_t) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    let fileSystem = request.fileSystem
    request.answerLater { () async throws(FileSystemError) in
        try await fileSystem.readSymbolicLink(InodeNumber(inode))
    } reply: { request, target in
        request.reply(link: target)
    }
}
