/* bounds.c - see bounds.h. */
#include "base/bounds.h"

#include <stddef.h>
#include <string.h>

int
tls_bounds_complete(uint64_t *value, uint64_t minimum, uint64_t maximum, uint64_t otherwise)
{
    if (*value == 0) {
        *value = otherwise;
        return 1;
    }
    return *value >= minimum && *value <= maximum;
}

const tls_bounds *
tls_bounds_find(const tls_bounds *table, const char *option)
{
    for (; table->option != NULL; table++)
        if (strcmp(table->option, option) == 0)
            return table;
    return NULL;
}
