/* buffers.c - checks of what was written into a buffer. */
#include <stdio.h>
#include <string.h>

#include "support/buffers.h"

void
check_buffer_at(const char *file, int line, tls_buffer *buffer, const char *expected)
{
    check_bytes_at(
        file, line, tls_buffer_view(buffer), tls_bytes_of_string(expected), "%s", expected);
    tls_buffer_clear(buffer);
}

void
check_buffer_hex_at(const char *file, int line, tls_buffer *buffer, const char *expected)
{
    tls_buffer hex = {NULL, 0, 0, 0};
    char pair[3];
    size_t i;

    for (i = 0; i < buffer->length; i++) {
        snprintf(pair, sizeof pair, "%02X", buffer->data[i]);
        tls_buffer_append(&hex, pair, 2);
    }
    check_buffer_at(file, line, &hex, expected);
    tls_buffer_release(&hex);
    tls_buffer_clear(buffer);
}

int
buffer_contains(const tls_buffer *buffer, const char *text)
{
    size_t length = strlen(text);
    size_t i;

    for (i = 0; i + length <= buffer->length; i++)
        if (memcmp(buffer->data + i, text, length) == 0)
            return 1;
    return 0;
}
