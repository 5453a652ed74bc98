/* x25519_arithmetic_test.c - the arithmetic of x25519.c: see arithmetic25519.h. */
#define tls_kernel_x25519 kernel_under_test /* the other ones are in the library */
#define tls_edwards25519_portable edwards_under_test
#include "kernel/x25519.c"

#if TLS_KERNEL_INT128
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
    return left_out("x25519", "portable");
}
#endif
