internal import CLibFUSE3
internal import Glibc

// SAFETY: of the table. The functions are free functions with C's calling convention, which live as
// long as the program.

/// Bytes of one read or write request; needs max_pages 256, which libfuse derives from it.
let maximumRequestSize: UInt32 = 1 << 20

/// The table of operations. What it leaves out the kernel answers with ENOSYS, or does itself
/// (locks, lseek, access by `default_permissions`).
func makeOperations() -> fuse_lowlevel_ops {
    var operations = fuse_lowlevel_ops()
    unsafe operations.`init` = operationInitialize
    unsafe operations.lookup = operationLookup
    unsafe operations.forget = operationForget
    unsafe operations.forget_multi = operationForgetMany
    unsafe operations.getattr = operationGetAttributes
    unsafe operations.setattr = operationSetAttributes
    unsafe operations.readlink = operationReadLink
    unsafe operations.mknod = operationMakeNode
    unsafe operations.mkdir = operationMakeDirectory
    unsafe operations.unlink = operationUnlink
    unsafe operations.rmdir = operationRemoveDirectory
    unsafe operations.symlink = operationSymbolicLink
    unsafe operations.rename = operationRename
    unsafe operations.link = operationLink
    unsafe operations.open = operationOpen
    unsafe operations.read = operationRead
    unsafe operations.write = operationWrite
    unsafe operations.flush = operationFlush
    unsafe operations.release = operationRelease
    unsafe operations.fsync = operationSynchronize
    unsafe operations.opendir = operationOpenDirectory
    unsafe operations.readdir = operationReadDirectory
    unsafe operations.readdirplus = operationReadDirectoryPlus
    unsafe operations.releasedir = operationReleaseDirectory
    unsafe operations.statfs = operationStatistics
    unsafe operations.create = operationCreate
    return operations
}

/// Negotiates with the kernel.
private func operationInitialize(
    _ userData: UnsafeMutableRawPointer?, _ connection: UnsafeMutablePointer<fuse_conn_info>?
) {
    // SAFETY: the user data is the adapter (see `FUSERequest.adapter`); libfuse passes a valid
    // connection.
    guard let userData = unsafe userData, let connection = unsafe connection else { return }
    let wanted: UInt32 =
        UInt32(FUSE_CAP_ASYNC_READ) | UInt32(FUSE_CAP_ATOMIC_O_TRUNC)
        | UInt32(FUSE_CAP_PARALLEL_DIROPS) | UInt32(FUSE_CAP_READDIRPLUS)
        | UInt32(FUSE_CAP_READDIRPLUS_AUTO) | UInt32(FUSE_CAP_ASYNC_DIO)
        | UInt32(FUSE_CAP_CACHE_SYMLINKS)
    // Never: after a failed write the kernel skips FLUSH with the write-back cache, and errors
    // merge; splicing costs more CPU than it saves; page cache validity is decided at open by the
    // ETag.
    let unwanted: UInt32 =
        UInt32(FUSE_CAP_WRITEBACK_CACHE) | UInt32(FUSE_CAP_SPLICE_READ)
        | UInt32(FUSE_CAP_SPLICE_WRITE) | UInt32(FUSE_CAP_SPLICE_MOVE)
        | UInt32(FUSE_CAP_AUTO_INVAL_DATA)
    unsafe connection.pointee.want |= wanted & connection.pointee.capable
    unsafe connection.pointee.want &= ~unwanted
    unsafe connection.pointee.max_write = maximumRequestSize
    unsafe connection.pointee.max_readahead = maximumRequestSize
    // FUSE's own limits would throttle parallel readers: 64 requests in the background at once.
    unsafe connection.pointee.max_background = 64
    unsafe connection.pointee.congestion_threshold = 48
    unsafe connection.pointee.time_gran = 1
    let adapter = unsafe Unmanaged<FUSEAdapter>.fromOpaque(userData).takeUnretainedValue()
    adapter.ready()
}
