// CRC-64/NVME and CRC-32C by one folding scheme.
// Source: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009.
//
// A reflected register holds the highest power of x in bit 0, and the carry-less product of two
// such 64-bit halves comes out multiplied by x. So a 128-bit lane moves ahead by D bits when its low
// half is multiplied with x^(D+63) mod P and its high half with x^(D-1) mod P. What is left of the
// lanes is an ordinary message with the same remainder, handed to the next smaller kernel.

#include "checksums.h"

#include <string.h>

#define CRC64_POLYNOMIAL 0x9A6C9329AC4BC9B5u
#define CRC32_POLYNOMIAL 0x82F63B78u

static uint64_t table64[8][256];
static uint32_t table32[8][256];

__attribute__((constructor)) static void fill_tables(void) {
    for (int byte = 0; byte < 256; byte++) {
        uint64_t wide = (uint64_t)byte;
        uint32_t narrow = (uint32_t)byte;
        for (int bit = 0; bit < 8; bit++) {
            wide = (wide >> 1) ^ (wide & 1 ? CRC64_POLYNOMIAL : 0);
            narrow = (narrow >> 1) ^ (narrow & 1 ? CRC32_POLYNOMIAL : 0);
        }
        table64[0][byte] = wide;
        table32[0][byte] = narrow;
    }
    for (int slice = 1; slice < 8; slice++) {
        for (int byte = 0; byte < 256; byte++) {
            uint64_t wide = table64[slice - 1][byte];
            uint32_t narrow = table32[slice - 1][byte];
            table64[slice][byte] = (wide >> 8) ^ table64[0][wide & 0xFF];
            table32[slice][byte] = (narrow >> 8) ^ table32[0][narrow & 0xFF];
        }
    }
}

// The next eight bytes, the first in the low bits.
static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t crc64_table(uint64_t state, const uint8_t *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word = state ^ load64(bytes);
        state = 0;
        for (int slice = 0; slice < 8; slice++) {
            state ^= table64[7 - slice][(word >> (8 * slice)) & 0xFF];
        }
    }
    for (; count > 0; bytes++, count--) {
        state = (state >> 8) ^ table64[0][(state ^ *bytes) & 0xFF];
    }
    return state;
}

static uint32_t crc32_table(uint32_t state, const uint8_t *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word = state ^ load64(bytes);
        state = 0;
        for (int slice = 0; slice < 8; slice++) {
            state ^= table32[7 - slice][(word >> (8 * slice)) & 0xFF];
        }
    }
    for (; count > 0; bytes++, count--) {
        state = (state >> 8) ^ table32[0][(state ^ *bytes) & 0xFF];
    }
    return state;
}

#if defined(__x86_64__)
#include <immintrin.h>

// Multipliers of one polynomial: {x^(D+63), x^(D-1)} mod P, for each distance D that is folded by.
typedef struct {
    uint64_t by2048[2];
    uint64_t by1024[2];
    uint64_t by128[2];
} folding;

static const folding folding64 = {
    {0x37CCD3E14069CABCu, 0xA043808C0F782663u},
    {0xA1CA681E733F9C40u, 0x5F852FB61E8D92DCu},
    {0xEADC41FD2BA3D420u, 0x21E9761E252621ACu},
};
static const folding folding32 = {
    {0xE9A5D8BE00000000u, 0x1426A81500000000u},
    {0x6577B24500000000u, 0x7417153F00000000u},
    {0x3743F7BD00000000u, 0x3171D43000000000u},
};

#define PCLMUL __attribute__((target("sse4.2,pclmul")))
#define AVX512 __attribute__((target("avx512f,vpclmulqdq,pclmul,sse4.2")))

// lane * multiplier ^ next
PCLMUL static inline __m128i fold(__m128i lane, __m128i multiplier, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(lane, multiplier, 0x00);
    __m128i high = _mm_clmulepi64_si128(lane, multiplier, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// Folds `count` bytes, a multiple of 16 and not 0, into `rest`: 16 bytes with the same remainder.
PCLMUL static void fold_pclmul(
    const folding *by, uint64_t state, const uint8_t *bytes, size_t count, uint8_t rest[16]) {
    const __m128i far = _mm_loadu_si128((const __m128i *)by->by1024);
    const __m128i near = _mm_loadu_si128((const __m128i *)by->by128);
    const __m128i *next = (const __m128i *)bytes;
    __m128i first = _mm_set_epi64x(0, (long long)state);
    if (count >= 256) {
        __m128i lanes[8];
        for (int i = 0; i < 8; i++) lanes[i] = _mm_loadu_si128(next + i);
        lanes[0] = _mm_xor_si128(lanes[0], first);
        next += 8, count -= 128;
        for (; count >= 128; next += 8, count -= 128) {
            for (int i = 0; i < 8; i++) lanes[i] = fold(lanes[i], far, _mm_loadu_si128(next + i));
        }
        for (int i = 1; i < 8; i++) lanes[i] = fold(lanes[i - 1], near, lanes[i]);
        first = lanes[7];
    } else {
        first = _mm_xor_si128(first, _mm_loadu_si128(next));
        next += 1, count -= 16;
    }
    for (; count > 0; next += 1, count -= 16) first = fold(first, near, _mm_loadu_si128(next));
    _mm_storeu_si128((__m128i *)rest, first);
}

AVX512 static inline __m512i fold512(__m512i lane, __m512i multiplier, const uint8_t *next) {
    __m512i low = _mm512_clmulepi64_epi128(lane, multiplier, 0x00);
    __m512i high = _mm512_clmulepi64_epi128(lane, multiplier, 0x11);
    return _mm512_ternarylogic_epi64(low, high, _mm512_loadu_si512(next), 0x96);
}

// Folds `count` bytes, a multiple of 256 and not 0, into 256 bytes with the same remainder.
AVX512 static void fold_avx512(
    const folding *by, uint64_t state, const uint8_t *bytes, size_t count, uint8_t rest[256]) {
    const __m512i far = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)by->by2048));
    const __m512i first = _mm512_zextsi128_si512(_mm_set_epi64x(0, (long long)state));
    __m512i lane0 = _mm512_xor_si512(_mm512_loadu_si512(bytes), first);
    __m512i lane1 = _mm512_loadu_si512(bytes + 64);
    __m512i lane2 = _mm512_loadu_si512(bytes + 128);
    __m512i lane3 = _mm512_loadu_si512(bytes + 192);
    for (bytes += 256, count -= 256; count > 0; bytes += 256, count -= 256) {
        lane0 = fold512(lane0, far, bytes);
        lane1 = fold512(lane1, far, bytes + 64);
        lane2 = fold512(lane2, far, bytes + 128);
        lane3 = fold512(lane3, far, bytes + 192);
    }
    _mm512_storeu_si512(rest, lane0);
    _mm512_storeu_si512(rest + 64, lane1);
    _mm512_storeu_si512(rest + 128, lane2);
    _mm512_storeu_si512(rest + 192, lane3);
}

PCLMUL static uint32_t crc32_sse42(uint32_t state, const uint8_t *bytes, size_t count) {
    uint64_t wide = state;
    for (; count >= 8; bytes += 8, count -= 8) wide = _mm_crc32_u64(wide, load64(bytes));
    state = (uint32_t)wide;
    for (; count > 0; bytes++, count--) state = _mm_crc32_u8(state, *bytes);
    return state;
}

// Folds as much as there is to fold. Leaves the 16 bytes that stand for it in `rest`.
// Returns how many bytes were folded; 0 when there are too few to be worth it.
static size_t fold_all(
    int kernel, const folding *by, uint64_t state, const uint8_t *bytes, size_t count,
    uint8_t rest[16]) {
    size_t folded = 0;
    uint8_t wide[256];
    if (kernel == WARDFS_KERNEL_AVX512 && count >= 512) {
        folded = count & ~(size_t)255;
        fold_avx512(by, state, bytes, folded, wide);
        fold_pclmul(by, 0, wide, sizeof wide, rest);
    } else if (kernel != WARDFS_KERNEL_TABLE && count >= 64) {
        folded = count & ~(size_t)15;
        fold_pclmul(by, state, bytes, folded, rest);
    }
    return folded;
}

int wardfs_kernel_available(int kernel) {
    int pclmul = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.2");
    switch (kernel) {
    case WARDFS_KERNEL_TABLE: return 1;
    case WARDFS_KERNEL_PCLMUL: return pclmul;
    case WARDFS_KERNEL_AVX512:
        return pclmul && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
    default: return 0;
    }
}

uint64_t wardfs_crc64nvme(int kernel, uint64_t state, const uint8_t *bytes, size_t count) {
    uint8_t rest[16];
    size_t folded = fold_all(kernel, &folding64, state, bytes, count, rest);
    if (folded > 0) state = crc64_table(0, rest, sizeof rest);
    return crc64_table(state, bytes + folded, count - folded);
}

uint32_t wardfs_crc32c(int kernel, uint32_t state, const uint8_t *bytes, size_t count) {
    if (kernel == WARDFS_KERNEL_TABLE) return crc32_table(state, bytes, count);
    uint8_t rest[16];
    size_t folded = fold_all(kernel, &folding32, state, bytes, count, rest);
    if (folded > 0) state = crc32_sse42(0, rest, sizeof rest);
    return crc32_sse42(state, bytes + folded, count - folded);
}

#else

int wardfs_kernel_available(int kernel) { return kernel == WARDFS_KERNEL_TABLE; }

uint64_t wardfs_crc64nvme(int kernel, uint64_t state, const uint8_t *bytes, size_t count) {
    (void)kernel;
    return crc64_table(state, bytes, count);
}

uint32_t wardfs_crc32c(int kernel, uint32_t state, const uint8_t *bytes, size_t count) {
    (void)kernel;
    return crc32_table(state, bytes, count);
}

#endif

int wardfs_kernel_best(void) {
    int best = WARDFS_KERNEL_AVX512;
    while (!wardfs_kernel_available(best)) best--;
    return best;
}
