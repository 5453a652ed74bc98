/* p384_adx.c - P-384 with MULX, ADCX and ADOX: see p384_code.h, and limbs.h for where they are. */
#include "kernel/p384.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define LIMBS 6
#define LIMBS_ADX
#include "kernel/limbs.h"
#include "kernel/p384_code.h"

const tls_kernel tls_kernel_p384_adx = {TLS_PRIMITIVE_SECP384R1, "adx",
    TLS_PROCESSOR_ADX | TLS_PROCESSOR_BMI2 | TLS_PROCESSOR_AVX2, install};

#endif
