/* scratch.h - what functions that have returned left on the stack. */
#ifndef TLS_KERNEL_SCRATCH_H
#define TLS_KERNEL_SCRATCH_H

#include "base/bytes.h"

/* scratch_wipe overwrites the stack below its caller as far as the arithmetic of a kernel reaches:
 * intermediate results depend on secrets, and wiping each of them costs more than they do. */
static __attribute__((noinline)) void
scratch_wipe(void)
{
    unsigned char below[4096];

    tls_wipe(below, sizeof below);
}

#endif
