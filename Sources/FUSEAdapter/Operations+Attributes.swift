internal import CLibFUSE3
internal import FileSystem
internal import Glibc
internal import ObjectStorage

// SAFETY: of all callbacks here. libfuse calls them with a request that lives until its reply, and
// with pointers that are valid during the call or null; what outlives the call is copied before.

// The operations on attributes, directories and the whole. Source: libfuse 3.14 `fuse_lowlevel.h`.

func operationGetAttributes(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    let (fileSystem, inode) = (request.fileSystem, InodeNumber(inode))
    request.answer("getattr") { () throws(FileSystemError) in
        try fileSystem.attributesImmediately(inode)
    } otherwise: { () async throws(FileSystemError) in
        try await fileSystem.attributes(inode)
    } reply: { request, entry in
        request.replyAttributes(entry)
    }
}

func operationSetAttributes(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ status: UnsafeMutablePointer<Glibc.stat>?,
    _ set: Int32, _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    // SAFETY: libfuse passes a structure that lives during the call.
    guard let status = unsafe status?.pointee else { return request.fail(errno: EINVAL) }
    let fileSystem = request.fileSystem
    let change = attributeChange(status, set: set, now: fileSystem.now)
    request.answerLater { () async throws(FileSystemError) in
        try await fileSystem.setAttributes(InodeNumber(inode), change)
    } reply: { request, entry in
        request.replyAttributes(entry)
    }
}

private func attributeChange(
    _ status: Glibc.stat, set: Int32, now: Timestamp
) -> AttributeChange {
    var change = AttributeChange()
    if set & FUSE_SET_ATTR_MODE != 0 { change.permissions = status.st_mode & 0o7777 }
    if set & FUSE_SET_ATTR_UID != 0 { change.uid = status.st_uid }
    if set & FUSE_SET_ATTR_GID != 0 { change.gid = status.st_gid }
    if set & FUSE_SET_ATTR_SIZE != 0 { change.size = UInt64(clamping: status.st_size) }
    if set & FUSE_SET_ATTR_ATIME_NOW != 0 {
        change.accessed = now
    } else if set & FUSE_SET_ATTR_ATIME != 0 {
        change.accessed = status.st_atim.timestamp
    }
    if set & FUSE_SET_ATTR_MTIME_NOW != 0 {
        change.modified = now
    } else if set & FUSE_SET_ATTR_MTIME != 0 {
        change.modified = status.st_mtim.timestamp
    }
    return change
}

func operationStatistics(_ raw: OpaquePointer?, _ inode: fuse_ino_t) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    request.reply(request.fileSystem.statistics())
}

func operationOpenDirectory(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    do throws(FileSystemError) {
        request.reply(directory: try request.fileSystem.openDirectory(InodeNumber(inode)))
    } catch {
        request.fail(error)
    }
}

func operationReleaseDirectory(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    unsafe request.fileSystem.releaseDirectory(handle(info))
    request.succeed()
}

func operationReadDirectory(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ size: Int, _ offset: off_t,
    _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    unsafe readDirectory(raw, size, offset, info, withAttributes: false)
}

func operationReadDirectoryPlus(
    _ raw: OpaquePointer?, _ inode: fuse_ino_t, _ size: Int, _ offset: off_t,
    _ info: UnsafeMutablePointer<fuse_file_info>?
) {
    unsafe readDirectory(raw, size, offset, info, withAttributes: true)
}

private func readDirectory(
    _ raw: OpaquePointer?, _ size: Int, _ offset: off_t,
    _ info: UnsafeMutablePointer<fuse_file_info>?, withAttributes: Bool
) {
    guard let raw = unsafe raw else { return }
    let request = unsafe FUSERequest(raw)
    guard offset >= 0 else { return request.fail(errno: EINVAL) }
    let (fileSystem, number, start) = unsafe (
        request.fileSystem, handle(info), UInt64(offset)
    )
    request.answerLater { () async throws(FileSystemError) in
        try await fileSystem.readDirectory(number, offset: start, withAttributes: withAttributes)
    } reply: { request, entries in
        pack(entries, from: start, size: size, withAttributes: withAttributes, into: request)
    }
}

/// Answers with as many entries as fit; each that READDIRPLUS hands over counts as a lookup.
private func pack(
    _ entries: [DirectoryEntry], from start: UInt64, size: Int, withAttributes: Bool,
    into request: FUSERequest
) {
    var bytes = [UInt8](repeating: 0, count: size)
    var used = 0
    // SAFETY: libfuse writes into the rest of the buffer, whose length it is told.
    unsafe bytes.withUnsafeMutableBytes { buffer in
        for (index, entry) in entries.enumerated() {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[used...])
            let needed = unsafe request.add(
                entry, offset: start + UInt64(index) + 1, withAttributes: withAttributes,
                to: rest.assumingMemoryBound(to: CChar.self))
            if needed > size - used { break }
            used += needed
            if withAttributes, let inode = entry.inode {
                request.fileSystem.remember(inode)
            }
        }
    }
    request.reply(bytes: Array(bytes.prefix(used)))
}
