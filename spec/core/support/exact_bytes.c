/* exact_bytes.c - bytes in memory of their own size. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/exact_bytes.h"

unsigned char *
allocate(size_t length)
{
    unsigned char *memory = malloc(length ? length : 1);

    require(memory != NULL, "memory");
    return memory;
}

tls_bytes
from_hex(const char *hex)
{
    size_t length = strlen(hex) / 2;
    unsigned char *data = allocate(length);
    size_t i;

    for (i = 0; i < length; i++) {
        char pair[3] = {0, 0, 0};

        memcpy(pair, hex + 2 * i, 2);
        data[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return tls_bytes_make(data, length);
}

tls_bytes
exact_bytes(tls_bytes bytes)
{
    unsigned char *copy = allocate(bytes.length);

    if (bytes.length != 0)
        memcpy(copy, bytes.data, bytes.length);
    return tls_bytes_make(copy, bytes.length);
}

void
release(tls_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

void
exact_change(tls_bytes bytes, size_t at, unsigned char bits)
{
    ((unsigned char *)(uintptr_t)bytes.data)[at] ^= bits;
}
