private import CLibCrypto
private import Glibc

/// Keeps this process's memory out of core dumps and other processes' reach.
package enum ProcessHardening {
    /// Forbids core dumps and reading by a debugger of the same user. To be called before any key
    /// or credential is in memory.
    /// - Throws: `hardeningFailed`; the caller must not go on.
    /// Source: `prctl(2)` PR_SET_DUMPABLE, `setrlimit(2)` RLIMIT_CORE.
    package static func apply() throws(EncryptionError) {
        guard wardfs_forbid_dumps() == 0, wardfs_may_be_dumped() == 0 else {
            throw EncryptionError(.hardeningFailed, detail: "prctl(PR_SET_DUMPABLE)")
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        // SAFETY: the kernel reads `none` during the call only.
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
            throw EncryptionError(.hardeningFailed, detail: "setrlimit(RLIMIT_CORE)")
        }
    }
}
