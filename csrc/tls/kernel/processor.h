/* processor.h - what this processor can do, and the operating system lets it do. */
#ifndef TLS_KERNEL_PROCESSOR_H
#define TLS_KERNEL_PROCESSOR_H

/* Each is a group of instructions that kernels want together. */
#define TLS_PROCESSOR_SHA 0x001u        /* SHA-NI, SSSE3, SSE4.1 */
#define TLS_PROCESSOR_AES 0x002u        /* AES-NI, PCLMULQDQ, SSSE3, SSE4.1 */
#define TLS_PROCESSOR_AVX2 0x004u       /* AVX, AVX2 */
#define TLS_PROCESSOR_BMI2 0x008u       /* BMI1, BMI2: MULX */
#define TLS_PROCESSOR_ADX 0x010u        /* ADCX, ADOX */
#define TLS_PROCESSOR_VAES 0x020u       /* VAES, VPCLMULQDQ (256 bits, with AVX2) */
#define TLS_PROCESSOR_AVX512 0x040u     /* AVX-512 F, BW, DQ, VL */
#define TLS_PROCESSOR_AVX512IFMA 0x080u /* 52-bit multiply and add */
/* and of aarch64: */
#define TLS_PROCESSOR_NEON 0x100u      /* vectors of 128 bits */
#define TLS_PROCESSOR_SHA2 0x200u      /* SHA-256 */
#define TLS_PROCESSOR_AES_PMULL 0x400u /* AES, and PMULL of 64 bits */

/* tls_processor_features asks the processor, which is slow in virtual machines: ask once. */
unsigned tls_processor_features(void);

#endif
