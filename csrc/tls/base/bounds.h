/* bounds.h - which numbers an option takes.
 *
 * Where options are declared, their bounds stand beside them as a list of
 *
 *     X(option, minimum, maximum, otherwise)
 *
 * where `option` is the field, 0 in it means that it was not given, and `otherwise` is what stands
 * for it then. What takes the options checks and completes them by that list; who offers them in
 * another language reads the table that is made of it, and has no bounds of its own. */
#ifndef TLS_BOUNDS_H
#define TLS_BOUNDS_H

#include <stdint.h>

#include "base/linkage.h"

TLS_PUBLIC_BEGIN

typedef struct tls_bounds {
    const char *option; /* NULL ends a table */
    uint64_t minimum, maximum;
    uint64_t otherwise;
} tls_bounds;

#define TLS_BOUNDS_ROW(option, minimum, maximum, otherwise) {#option, minimum, maximum, otherwise},
#define TLS_BOUNDS_END                                                                             \
    {                                                                                              \
        NULL, 0, 0, 0                                                                              \
    }

/* Times in seconds: what a double holds exactly, and of which two can be added. */
#define TLS_SECONDS_MAXIMUM 8999999999999999

/* tls_bounds_complete sets *value, where it is 0, to `otherwise`. Returns whether it was within the
 * bounds; a negative number that was converted is not. */
int tls_bounds_complete(uint64_t *value, uint64_t minimum, uint64_t maximum, uint64_t otherwise);
/* tls_bounds_find returns the row of an option, or NULL. */
const tls_bounds *tls_bounds_find(const tls_bounds *table, const char *option);

TLS_PUBLIC_END

#endif
