// CRC kernels. All work on the raw register of a reflected CRC: the caller starts with all ones and
// inverts the result. Any alignment, any count; no allocation; safe from any thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The ways of computing, from the slowest; a processor that has one need not have the next.
enum {
    WARDFS_KERNEL_TABLE = 0,   // slicing by 8, any processor
    WARDFS_KERNEL_PCLMUL = 1,  // x86-64 PCLMULQDQ and SSE4.2: folds 128 bytes at a time
    WARDFS_KERNEL_AVX512 = 2,  // x86-64 AVX-512 VPCLMULQDQ: folds 256 bytes at a time
};

// Whether this processor can run a kernel.
int wardfs_kernel_available(int kernel);

// The fastest kernel that this processor can run.
int wardfs_kernel_best(void);

// Advances a CRC-64/NVME register (reflected polynomial 0x9A6C9329AC4BC9B5).
uint64_t wardfs_crc64nvme(int kernel, uint64_t state, const uint8_t *bytes, size_t count);

// Advances a CRC-32C register (reflected polynomial 0x82F63B78).
uint32_t wardfs_crc32c(int kernel, uint32_t state, const uint8_t *bytes, size_t count);
