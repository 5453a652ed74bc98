/* list.c - what kernels this build has, one line each: "PRIMITIVE IMPLEMENTATION runs" where the
 * environment has chosen so, "could" if it has not, "lacks" where this processor cannot. */
#include <stdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "kernel/processor.h"

int
main(void)
{
    unsigned features = tls_processor_features();
    const char *primitive, *chosen;
    const tls_kernel *kernel;
    size_t i;

    for (i = 0; (kernel = tls_kernels_candidate(i)) != NULL; i++) {
        const char *how = "could";

        tls_kernels_entry(kernel->primitive, &primitive, &chosen);
        if (kernel->needs & ~features)
            how = "lacks";
        else if (strcmp(chosen, kernel->implementation) == 0)
            how = "runs";
        printf("%s %s %s\n", primitive, kernel->implementation, how);
    }
    return 0;
}
