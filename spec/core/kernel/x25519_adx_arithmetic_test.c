/* x25519_adx_arithmetic_test.c - the arithmetic of x25519_adx.c: see arithmetic25519.h. */
#define tls_kernel_x25519_adx kernel_under_test /* the other one is in the library */
#define tls_x25519_adx_quotient quotient_under_test
#include "kernel/x25519_adx.c"

#if TLS_KERNEL_X86_64
#include "kernel/arithmetic25519.h"

int
main(void)
{
    return test_arithmetic(&kernel_under_test);
}
#else
#include "kernel/left_out.h"

int
main(void)
{
    return left_out("x25519", "adx");
}
#endif
