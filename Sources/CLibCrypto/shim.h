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

// EVP_KDF_derive of KBKDF in counter mode with HMAC-SHA256: OSSL_PARAMs point at their values, which
// is one expression in C and five nested closures in Swift. 1 on success, as OpenSSL.
static inline int wardfs_kbkdf_derive(EVP_KDF_CTX *context, const unsigned char *key,
                                      size_t key_length, const unsigned char *label,
                                      size_t label_length, const unsigned char *info,
                                      size_t info_length, unsigned char *output,
                                      size_t output_length) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, (char *)"COUNTER", 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, (char *)"HMAC", 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)label, label_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_length),
        OSSL_PARAM_construct_end(),
    };
    return EVP_KDF_derive(context, output, output_length, parameters);
}
