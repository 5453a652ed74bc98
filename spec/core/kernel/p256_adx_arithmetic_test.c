/* p256_adx_arithmetic_test.c - the arithmetic of p256_adx.c: see arithmetic.h. */
#define tls_kernel_p256_adx kernel_under_test /* the other one is in the library */
#include "kernel/p256_adx.c"

#if TLS_KERNEL_X86_64
#include "kernel/arithmetic.h"

int
main(void)
{
    return test_arithmetic("secp256r1", &kernel_under_test);
}
#else
#include "kernel/left_out.h"

int
main(void)
{
    return left_out("secp256r1", "adx");
}
#endif
