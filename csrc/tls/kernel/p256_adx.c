/* p256_adx.c - P-256 with MULX, ADCX and ADOX: see p256_code.h, and limbs.h for where they are. */
#include "kernel/p256.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define LIMBS 4
#define LIMBS_ADX
#include "kernel/limbs.h"
#include "kernel/p256_code.h"

const tls_kernel tls_kernel_p256_adx = {TLS_PRIMITIVE_SECP256R1, "adx",
    TLS_PROCESSOR_ADX | TLS_PROCESSOR_BMI2 | TLS_PROCESSOR_AVX2, install};

#endif
