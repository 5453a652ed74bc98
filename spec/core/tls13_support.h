/* tls13_support.h - what the C unit tests of TLS 1.3's parts share: counting, and bytes from hex.
 */
#ifndef TLS13_SUPPORT_H
#define TLS13_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static unsigned passed, failed;

static inline int
ok(int condition, const char *subject, const char *what)
{
    if (condition)
        passed++;
    else
        failed++;
    if (!condition || getenv("VERBOSE") != NULL)
        printf("%s - %s: %s\n", condition ? "ok" : "not ok", subject, what);
    return condition;
}

static inline void
ok_reason(enum tls_reason got, enum tls_reason expected, const char *subject, const char *what)
{
    if (!ok(got == expected, subject, what))
        printf("#   got: %s, expected: %s\n", got ? tls_reason_code(got) : "ok",
            expected ? tls_reason_code(expected) : "ok");
}

/* Bytes of their own size in memory of their own, so that a step past their end is seen by the
 * tools. */
static inline unsigned char *
allocate(size_t length)
{
    unsigned char *memory = malloc(length ? length : 1);

    if (memory == NULL) {
        printf("Bail out! out of memory\n");
        exit(2);
    }
    return memory;
}

static inline tls_bytes
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

static inline void
release(tls_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static inline void
ok_bytes(tls_bytes got, const char *expected_hex, const char *subject, const char *what)
{
    tls_bytes expected = from_hex(expected_hex);
    size_t i;

    if (!ok(tls_bytes_equal(got, expected), subject, what)) {
        printf("#   got: ");
        for (i = 0; i < got.length; i++)
            printf("%02x", got.data[i]);
        printf("\n#   expected: %s\n", expected_hex);
    }
    release(expected);
}

static inline int
finish(void)
{
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

#endif
