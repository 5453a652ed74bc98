/* scratch.h - what functions that have returned left on the stack. */
#ifndef TLS_KERNEL_SCRATCH_H
#define TLS_KERNEL_SCRATCH_H

#include "base/bytes.h"
#include "kernel/build.h"

/* scratch_wipe overwrites the stack below its caller as far as the arithmetic of a kernel reaches:
 * intermediate results depend on secrets, and wiping each of them costs more than they do. The
 * arithmetic stands in a function of its own that is not inlined, so that the temporaries in its
 * frame, which are most of them, lie below too. */
#ifndef SCRATCH_LENGTH
#define SCRATCH_LENGTH 12288 /* P-521 takes 5 KB and what it calls */
#endif

static TLS_NOINLINE void
scratch_wipe(void)
{
    unsigned char below[SCRATCH_LENGTH];

    tls_wipe(below, sizeof below);
}

#endif
