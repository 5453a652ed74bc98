/* build.h - which kernels this compiler can build. `make KERNELS=none` defines TLS_KERNELS_NONE. */
#ifndef TLS_KERNEL_BUILD_H
#define TLS_KERNEL_BUILD_H

#if !defined(TLS_KERNELS_NONE) && defined(__GNUC__) && defined(__SIZEOF_INT128__) &&               \
    defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* 64-bit limbs and their products; loads and stores of them in little-endian order. */
#define TLS_KERNEL_INT128 1
__extension__ typedef unsigned __int128 tls_uint128;
#else
#define TLS_KERNEL_INT128 0
#endif

#if defined(__GNUC__)
#define TLS_NOINLINE __attribute__((noinline))
#define TLS_SMALL __attribute__((noinline, cold)) /* rather than quick, and its callers too */
#else
#define TLS_NOINLINE
#define TLS_SMALL
#endif

/* From these versions on the compilers know every target that is named here. */
#if TLS_KERNEL_INT128 && defined(__x86_64__) &&                                                    \
    ((defined(__clang__) && __clang_major__ >= 8) || (!defined(__clang__) && __GNUC__ >= 8))
#define TLS_KERNEL_X86_64 1
#define TLS_TARGET(features) __attribute__((target(features)))
#else
#define TLS_KERNEL_X86_64 0
#endif

/* Vectors, which all of aarch64 have. */
#if TLS_KERNEL_INT128 && defined(__aarch64__) && defined(__ARM_NEON)
#define TLS_KERNEL_AARCH64 1
#else
#define TLS_KERNEL_AARCH64 0
#endif

/* The instructions for AES and SHA-256. Clang's header of older versions has only what the whole
 * file may use: what Apple's is told, or -march=armv8-a+crypto. */
#if TLS_KERNEL_AARCH64 && defined(__clang__) && defined(__ARM_FEATURE_SHA2) &&                     \
    defined(__ARM_FEATURE_AES)
#define TLS_KERNEL_AARCH64_CRYPTO 1
#define TLS_TARGET(features)
#elif TLS_KERNEL_AARCH64 && !defined(__clang__) && __GNUC__ >= 8
#define TLS_KERNEL_AARCH64_CRYPTO 1
#define TLS_TARGET(features) __attribute__((target(features)))
#else
#define TLS_KERNEL_AARCH64_CRYPTO 0
#endif

#endif
