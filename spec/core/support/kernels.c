/* kernels.c - see kernels.h. */
#include "support/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/choice.h"
#include "support/check.h"

const char *
kernel_of(const char *primitive)
{
    const char *name, *implementation;
    size_t i;

    for (i = 0; tls_kernels_entry(i, &name, &implementation); i++)
        if (strcmp(name, primitive) == 0)
            return implementation;
    require(0, "%s is a primitive", primitive);
    return NULL;
}

int
has_kernel(const char *primitive)
{
    if (strcmp(kernel_of(primitive), "bearssl") != 0)
        return 1;
    printf("# %s: BearSSL's, which is the reference\n", primitive);
    return 0;
}

int
portion_of(int count)
{
    const char *portion = getenv("TEST_PORTION");
    int part = portion != NULL ? atoi(portion) : 1;

    require(part >= 1, "TEST_PORTION is a number");
    return (count + part - 1) / part;
}
