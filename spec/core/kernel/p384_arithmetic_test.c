/* p384_arithmetic_test.c - the arithmetic of p384.c: see arithmetic.h. */
#define tls_kernel_p384 kernel_under_test /* the other one is in the library */
#include "kernel/p384.c"

#if TLS_KERNEL_INT128
#include "kernel/arithmetic.h"

int
main(void)
{
    return test_arithmetic("secp384r1", &kernel_under_test);
}
#else
#include "kernel/left_out.h"

int
main(void)
{
    return left_out("secp384r1", "portable");
}
#endif
