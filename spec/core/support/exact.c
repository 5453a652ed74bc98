/* exact.c - bytes in blocks of their own size. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/exact.h"

static unsigned char *
allocate(size_t length)
{
    unsigned char *memory = malloc(length ? length : 1);

    require(memory != NULL, "memory");
    return memory;
}

tls_bytes
exact_bytes(tls_bytes bytes)
{
    unsigned char *copy = allocate(bytes.length);

    if (bytes.length != 0)
        memcpy(copy, bytes.data, bytes.length);
    return tls_bytes_make(copy, bytes.length);
}

tls_bytes
exact_hex(const char *hex)
{
    size_t length = strlen(hex) / 2;
    unsigned char *data = allocate(length);
    size_t i;

    for (i = 0; i < length; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};

        data[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return tls_bytes_make(data, length);
}

void
exact_free(tls_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}
