/* p256_arithmetic_test.c - the arithmetic of p256.c: see arithmetic.h. */
#define tls_kernel_p256 kernel_under_test /* the other one is in the library */
#include "kernel/p256.c"

#if TLS_KERNEL_INT128
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
    return left_out("secp256r1", "portable");
}
#endif
