#pragma once
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <sys/prctl.h>

// prctl is variadic, which Swift cannot call. 0 on success, -1 with errno.
static inline int wardfs_forbid_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}

// 1 when the process may be dumped, 0 when not.
static inline int wardfs_may_be_dumped(void) {
    return prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L);
}
