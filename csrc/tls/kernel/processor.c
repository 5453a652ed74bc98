/* processor.c - see processor.h. CPUID as in Intel's manual, volume 2A; a register that the system
 * does not save at a switch of threads (XCR0, volume 1 section 13.3) is as good as none. On aarch64
 * the system says what there is (getauxval). */
#include "kernel/processor.h"

#include "kernel/build.h"

#define HAS_ALL(word, bits) (((word) & (bits)) == (bits))

#if TLS_KERNEL_X86_64

#include <cpuid.h>

#define BIT(n) (1u << (n))

#define XCR0_AVX 0x06u    /* XMM, YMM */
#define XCR0_AVX512 0xE6u /* and k0 to k7, ZMM */

static unsigned
saved_state(unsigned ecx1)
{
    unsigned low, high;

    if ((ecx1 & BIT(27)) == 0) /* OSXSAVE */
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static unsigned
vector_features(unsigned xcr0, unsigned ecx1, unsigned ebx7, unsigned ecx7)
{
    unsigned features = 0;

    if (!HAS_ALL(xcr0, XCR0_AVX) || (ecx1 & BIT(28)) == 0 || (ebx7 & BIT(5)) == 0)
        return 0;
    features |= TLS_PROCESSOR_AVX2;
    if (HAS_ALL(ecx7, BIT(9) | BIT(10)))
        features |= TLS_PROCESSOR_VAES;
    if (HAS_ALL(xcr0, XCR0_AVX512) && HAS_ALL(ebx7, BIT(16) | BIT(17) | BIT(30) | BIT(31))) {
        features |= TLS_PROCESSOR_AVX512;
        if (ebx7 & BIT(21))
            features |= TLS_PROCESSOR_AVX512IFMA;
    }
    return features;
}

unsigned
tls_processor_features(void)
{
    unsigned eax, ebx, ecx1, edx, ebx7 = 0, ecx7 = 0, features = 0;

    if (!__get_cpuid(1, &eax, &ebx, &ecx1, &edx))
        return 0;
    if (!__get_cpuid_count(7, 0, &eax, &ebx7, &ecx7, &edx))
        ebx7 = ecx7 = 0;
    if (HAS_ALL(ecx1, BIT(9) | BIT(19)) && (ebx7 & BIT(29)))
        features |= TLS_PROCESSOR_SHA;
    if (HAS_ALL(ecx1, BIT(1) | BIT(9) | BIT(19) | BIT(25)))
        features |= TLS_PROCESSOR_AES;
    if (HAS_ALL(ebx7, BIT(3) | BIT(8)))
        features |= TLS_PROCESSOR_BMI2;
    if (ebx7 & BIT(19))
        features |= TLS_PROCESSOR_ADX;
    return features | vector_features(saved_state(ecx1), ecx1, ebx7, ecx7);
}

#elif TLS_KERNEL_AARCH64

#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

unsigned
tls_processor_features(void)
{
    unsigned features = TLS_PROCESSOR_NEON;
#if defined(__linux__)
    unsigned long capabilities = getauxval(AT_HWCAP);

    if (HAS_ALL(capabilities, HWCAP_SHA2))
        features |= TLS_PROCESSOR_SHA2;
    if (HAS_ALL(capabilities, HWCAP_AES | HWCAP_PMULL))
        features |= TLS_PROCESSOR_AES_PMULL;
#elif defined(__APPLE__)
    features |= TLS_PROCESSOR_SHA2 | TLS_PROCESSOR_AES_PMULL; /* in all that there are */
#endif
    return features;
}

#else

unsigned
tls_processor_features(void)
{
    return 0;
}

#endif
