/* p521_arithmetic_test.c - the arithmetic of p521.c: see arithmetic.h. */
#define tls_kernel_p521 kernel_under_test /* the other one is in the library */
#include "kernel/p521.c"

#if TLS_KERNEL_INT128
#include "kernel/arithmetic.h"

int
main(void)
{
    return test_arithmetic("secp521r1", &kernel_under_test);
}
#else
#include "kernel/left_out.h"

int
main(void)
{
    return left_out("secp521r1", "portable");
}
#endif
