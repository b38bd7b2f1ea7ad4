internal import CLibFUSE3
internal import FileSystem
internal import Glibc
internal import ReadCache
internal import Synchronization

/// One request of the kernel. Exactly one reply must be made, from any thread.
///
/// `@unchecked Sendable`: the C request may be used from any thread until the reply, and the code
/// below makes one reply per request by construction (an immediate answer or one task).
@safe struct FUSERequest: @unchecked Sendable {
    private let raw: OpaquePointer

    init(_ raw: OpaquePointer) {
        unsafe self.raw = raw
    }

    /// The adapter that the session was made with.
    var adapter: FUSEAdapter {
        // SAFETY: the session's user data is the adapter, which outlives the session
        // (`FUSESession` holds it).
        unsafe Unmanaged<FUSEAdapter>.fromOpaque(fuse_req_userdata(raw)).takeUnretainedValue()
    }

    var fileSystem: FileSystem { adapter.fileSystem }

    /// Who asks.
    var caller: Caller {
        // SAFETY: the context lives as long as the request.
        guard let context = unsafe fuse_req_ctx(raw) else {
            return Caller(uid: 0, gid: 0, pid: 0, umask: 0)
        }
        return unsafe Caller(
            uid: context.pointee.uid, gid: context.pointee.gid, pid: context.pointee.pid,
            umask: UInt32(context.pointee.umask))
    }

    // MARK: Answering

    /// Answers from memory on this thread where that is possible, else from a task that an
    /// interrupt cancels.
    func answer<Value: Sendable>(
        _ operation: StaticString,
        immediately: () throws(FileSystemError) -> Value?,
        otherwise: @escaping @Sendable () async throws(FileSystemError) -> Value,
        reply: @escaping @Sendable (FUSERequest, Value) -> Void
    ) {
        do throws(FileSystemError) {
            if let value = try immediately() {
                reply(self, value)
                return
            }
        } catch {
            fail(error)
            return
        }
        answerLater(otherwise, reply: reply)
    }

    /// Answers from a task that an interrupt cancels.
    func answerLater<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(FileSystemError) -> Value,
        reply: @escaping @Sendable (FUSERequest, Value) -> Void
    ) {
        let interrupts = adapter.interrupts
        let ticket = beginWaiting()
        let task = Task {
            do throws(FileSystemError) {
                let value = try await body()
                interrupts.end(ticket)
                reply(self, value)
            } catch {
                interrupts.end(ticket)
                fail(error)
            }
        }
        interrupts.setCancel(ticket) { task.cancel() }
    }

    /// Registers for an interrupt. Must come before anything that may reply.
    func beginWaiting() -> InterruptTable.Ticket {
        let ticket = adapter.interrupts.begin()
        // SAFETY: the data is a number and no pointer: nothing dangles when the interrupt comes
        // late.
        unsafe fuse_req_interrupt_func(
            raw, interruptCallback, UnsafeMutableRawPointer(bitPattern: ticket.rawValue))
        return ticket
    }

    // MARK: Replies

    func fail(_ error: FileSystemError) {
        adapter.note(error)
        fail(errno: error.errno)
    }

    func fail(errno code: Int32) {
        // SAFETY: the one reply; `raw` is not used after it.
        _ = unsafe fuse_reply_err(raw, code)
    }

    func succeed() { fail(errno: 0) }

    func replyNone() {
        // SAFETY: as above.
        unsafe fuse_reply_none(raw)
    }

    func reply(_ entry: FileSystem.Entry) {
        var parameters = entryParameters(entry)
        // SAFETY: the pointer is used during the call only.
        _ = unsafe fuse_reply_entry(raw, &parameters)
    }

    func replyAbsent(validity: Duration) {
        var parameters = fuse_entry_param()
        parameters.entry_timeout = validity.inSeconds
        // SAFETY: inode 0 makes the kernel remember the absence.
        _ = unsafe fuse_reply_entry(raw, &parameters)
    }

    func replyAttributes(_ entry: FileSystem.Entry) {
        var status = stat(entry)
        // SAFETY: the pointer is used during the call only.
        _ = unsafe fuse_reply_attr(raw, &status, entry.validity.inSeconds)
    }

    func reply(_ opened: OpenedFile, flags: Int32) {
        var info = openInfo(opened, flags: flags)
        // SAFETY: as above.
        let status = unsafe fuse_reply_open(raw, &info)
        // The kernel will never release what it has not heard of.
        if status == -ENOENT { adapter.fileSystem.release(opened.handle) }
    }

    func reply(directory: HandleNumber) {
        var info = fuse_file_info()
        info.fh = directory.rawValue
        // SAFETY: as above.
        let status = unsafe fuse_reply_open(raw, &info)
        if status == -ENOENT { adapter.fileSystem.releaseDirectory(directory) }
    }

    func reply(created entry: FileSystem.Entry, _ opened: OpenedFile, flags: Int32) {
        var parameters = entryParameters(entry)
        var info = openInfo(opened, flags: flags)
        // SAFETY: as above.
        let status = unsafe fuse_reply_create(raw, &parameters, &info)
        if status == -ENOENT {
            adapter.fileSystem.release(opened.handle)
            adapter.fileSystem.forget(entry.inode, count: 1)
        }
    }

    func reply(written count: Int) {
        // SAFETY: as above.
        _ = unsafe fuse_reply_write(raw, count)
    }

    func reply(link target: String) {
        // SAFETY: the C string lives during the call.
        _ = unsafe target.withCString { unsafe fuse_reply_readlink(raw, $0) }
    }

    func reply(bytes: [UInt8]) {
        // SAFETY: the buffer lives during the call, which writes it to the device.
        _ = unsafe bytes.withUnsafeBytes { buffer in
            unsafe fuse_reply_buf(
                raw, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
        }
    }

    func reply(_ result: FileSystem.ReadResult) {
        switch result {
        case .bytes(let bytes): reply(bytes: bytes)
        case .slices(let slices): reply(slices)
        }
    }

    /// Sends cached blocks without copying them.
    private func reply(_ slices: BlockSlices) {
        var vectors: [iovec] = unsafe []
        unsafe vectors.reserveCapacity(slices.slices.count)
        for slice in slices.slices {
            // SAFETY: a complete block's bytes never move nor change, and `slices` holds the block
            // until the call below has written them.
            unsafe slice.block.bytes.withUnsafeBufferPointer { bytes in
                unsafe vectors.append(
                    iovec(
                        iov_base: UnsafeMutableRawPointer(
                            mutating: bytes.baseAddress?.advanced(by: slice.range.lowerBound)),
                        iov_len: slice.range.count))
            }
        }
        // SAFETY: as above.
        _ = withExtendedLifetime(slices) {
            unsafe fuse_reply_iov(raw, vectors, Int32(vectors.count))
        }
    }

    func reply(_ statistics: FileSystem.Statistics) {
        var status = statvfs()
        status.f_bsize = UInt(statistics.blockSize)
        status.f_frsize = UInt(statistics.blockSize)
        status.f_blocks = UInt(statistics.totalBlocks)
        status.f_bfree = UInt(statistics.freeBlocks)
        status.f_bavail = UInt(statistics.freeBlocks)
        status.f_files = UInt(statistics.files)
        status.f_ffree = UInt(UInt32.max)
        status.f_favail = UInt(UInt32.max)
        status.f_namemax = UInt(EntryName.maximumLength)
        // SAFETY: the pointer is used during the call only.
        _ = unsafe fuse_reply_statfs(raw, &status)
    }

    private func openInfo(_ opened: OpenedFile, flags: Int32) -> fuse_file_info {
        var info = fuse_file_info()
        info.fh = opened.handle.rawValue
        info.flags = flags
        unsafe wardfs_set_keep_cache(&info, opened.keepsKernelCache ? 1 : 0)
        return info
    }

    /// Adds one entry to a `readdir` buffer.
    /// - Returns: bytes needed; more than `buffer.count` when it did not fit.
    func add(
        _ entry: DirectoryEntry, offset: UInt64, withAttributes: Bool,
        to buffer: UnsafeMutableBufferPointer<CChar>
    ) -> Int {
        // SAFETY: libfuse writes at most `buffer.count` bytes, and the C string lives during the
        // call.
        unsafe entry.name.withCString { name in
            if withAttributes {
                var parameters = fuse_entry_param()
                if let inode = entry.inode, let attributes = entry.attributes {
                    parameters = entryParameters(
                        FileSystem.Entry(
                            inode: inode, attributes: attributes, validity: entry.validity))
                } else {
                    parameters.attr.st_mode = entry.kind.modeBits
                    parameters.attr.st_ino = unknownInode
                }
                return unsafe fuse_add_direntry_plus(
                    raw, buffer.baseAddress, buffer.count, name, &parameters, off_t(offset))
            }
            var status = Glibc.stat()
            status.st_ino = entry.inode.map { UInt($0.rawValue) } ?? unknownInode
            status.st_mode = entry.kind.modeBits
            return unsafe fuse_add_direntry(
                raw, buffer.baseAddress, buffer.count, name, &status, off_t(offset))
        }
    }
}

/// FUSE_UNKNOWN_INO: an entry whose inode number the file system does not tell.
private let unknownInode: UInt = 0xffff_ffff

/// Called by libfuse when the kernel interrupts a request. `data` is the ticket's number.
private func interruptCallback(_ raw: OpaquePointer?, _ data: UnsafeMutableRawPointer?) {
    guard let raw = unsafe raw else { return }
    let ticket = InterruptTable.Ticket(rawValue: UInt(bitPattern: data))
    // SAFETY: libfuse keeps the request alive during the callback.
    unsafe FUSERequest(raw).adapter.interrupts.interrupt(ticket)
}
