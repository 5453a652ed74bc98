/* left_out.h - what a test of one kernel says where that is not built, or is not for this
 * processor. */
#include <stdio.h>
#include <string.h>

#include "kernel/choice.h"
#include "support/check.h"
#include "support/kernels.h"

/* left_out says so by name, and looks that it does not run. Returns what main does. */
static inline int
left_out(const char *primitive, const char *implementation)
{
    printf("# LEFT OUT: %s, %s: not here\n", primitive, implementation);
    tls_kernels_choose(implementation);
    check(strcmp(kernel_of(primitive), implementation) != 0, "%s does not run", implementation);
    return check_end();
}
