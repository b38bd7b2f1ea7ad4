internal import CLibFUSE3
internal import FileSystem
internal import Glibc
internal import ObjectStorage

// SAFETY: of all callbacks here. libfuse calls them with a request that lives until its reply, and
// with pointers that are valid during the call or null; what outlives the call is copied before.

// The operations on open files. Source: libfuse 3.14 `fuse_lowlevel.h`.

func operationCreate(
    _ raw: OpaquePointer?, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?, _ mode: mode_t,
    _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    let (fileSystem, caller, flags) = unsafe (
        request.fileSystem, request.caller, openFlags(info)
    )
    let (parent, open, permissions) = (
        InodeNumber(parent), OpenMode(flags: flags), mode & 0o7777
    )
    let newName: String
    do throws(FileSystemError) {
        newName = unsafe try text(name)
    } catch {
        return request.fail(error)
    }
    request.answer("create") { () throws(FileSystemError) in
        try fileSystem.createImmediately(parent, newName, permissions: permissions, open, caller)
    } otherwise: { () async throws(FileSystemError) in
        try await fileSystem.create(parent, newName, permissions: permissions, open, caller)
    } reply: { request, created in
        request.reply(created: created.0, created.1, flags: flags)
    }
}

func operationOpen(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    let (fileSystem, caller, flags) = unsafe (
        request.fileSystem, request.caller, openFlags(info)
    )
    let (inode, mode) = (InodeNumber(inode), OpenMode(flags: flags))
    request.answer("open") { () throws(FileSystemError) in
        try fileSystem.openImmediately(inode, mode, caller)
    } otherwise: { () async throws(FileSystemError) in
        try await fileSystem.open(inode, mode, caller)
    } reply: { request, opened in
        request.reply(opened, flags: flags)
    }
}

func operationRead(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ count: Int, _ offset: off_t,
    _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    guard offset >= 0 else { return request.fail(errno: EINVAL) }
    let interrupts = request.adapter.interrupts
    let ticket = request.beginWaiting()
    let cancel = request.fileSystem.read(
        unsafe handle(info), at: UInt64(offset), count: count
    ) { result in
        interrupts.end(ticket)
        switch result {
        case .success(let bytes): request.reply(bytes)
        case .failure(let error): request.fail(error)
        }
    }
    if let cancel { interrupts.setCancel(ticket, cancel) }
}

func operationWrite(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ buffer: UnsafePointer<CChar>?, _ count: Int,
    _ offset: off_t, _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    guard offset >= 0, let buffer = unsafe buffer else { return request.fail(errno: EINVAL) }
    let (fileSystem, number) = unsafe (request.fileSystem, handle(info))
    // SAFETY: libfuse passes `count` bytes that live during the call.
    let bytes = unsafe Span<UInt8>(
        _unsafeStart: UnsafeRawPointer(buffer).assumingMemoryBound(to: UInt8.self), count: count)
    do throws(FileSystemError) {
        if try fileSystem.writeImmediately(number, at: UInt64(offset), bytes) {
            return request.reply(written: count)
        }
    } catch {
        return request.fail(error)
    }
    let copy = [UInt8](copying: bytes)
    request.answerLater { () async throws(FileSystemError) in
        try await fileSystem.write(number, at: UInt64(offset), copy)
    } reply: { request, _ in
        request.reply(written: copy.count)
    }
}

func operationFlush(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    let (fileSystem, caller, number) = unsafe (request.fileSystem, request.caller, handle(info))
    request.answer("flush") { () throws(FileSystemError) -> Bool? in
        fileSystem.flushImmediately(number, caller) ? true : nil
    } otherwise: { () async throws(FileSystemError) -> Bool in
        try await fileSystem.flush(number, caller)
        return true
    } reply: { request, _ in
        request.succeed()
    }
}

func operationSynchronize(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ dataOnly: Int32,
    _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    let (fileSystem, number) = unsafe (request.fileSystem, handle(info))
    request.answerLater { () async throws(FileSystemError) in
        try await fileSystem.synchronize(number)
    } reply: { request, _ in
        request.succeed()
    }
}

func operationRelease(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    unsafe request.fileSystem.release(handle(info))
    request.succeed()
}
