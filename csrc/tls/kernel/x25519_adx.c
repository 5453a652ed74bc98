/* x25519_adx.c - X25519 with MULX, ADCX and ADOX: see x25519_code.h, and field25519_adx.h for the
 * field. */
#include "kernel/x25519.h"

#include "kernel/build.h"
#include "kernel/processor.h"
#include "kernel/x25519_adx.h"

#if TLS_KERNEL_X86_64

static const tls_edwards25519 edwards25519_adx;
#define OWN_EDWARDS25519 edwards25519_adx
#define VECTOR_TARGET TLS_TARGET("avx2") /* a multiple has three vectors */
#include "kernel/field25519_adx.h"
#include "kernel/x25519_code.h"

static const tls_edwards25519 edwards25519_adx = EDWARDS25519;

void
tls_x25519_adx_quotient(unsigned char u[LENGTH], const uint64_t x[4], const uint64_t z[4])
{
    quotient(u, x, z);
}

const tls_kernel tls_kernel_x25519_adx = {TLS_PRIMITIVE_X25519, "adx",
    TLS_PROCESSOR_ADX | TLS_PROCESSOR_BMI2 | TLS_PROCESSOR_AVX2, install};

#endif
