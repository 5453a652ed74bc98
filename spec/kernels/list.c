/* list.c - what kernels this build has: "PRIMITIVE IMPLEMENTATION runs", or "lacks" where this
 * processor cannot run it, one line each. */
#include <stdio.h>

#include "kernel/kernel.h"
#include "kernel/processor.h"

int
main(void)
{
    unsigned features = tls_processor_features();
    const char *primitive, *unused;
    const tls_kernel *kernel;
    size_t i;

    for (i = 0; (kernel = tls_kernels_candidate(i)) != NULL; i++) {
        tls_kernels_entry(kernel->primitive, &primitive, &unused);
        printf("%s %s %s\n", primitive, kernel->implementation,
            kernel->needs & ~features ? "lacks" : "runs");
    }
    return 0;
}
