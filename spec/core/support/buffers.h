/* buffers.h - checks of what was written into a buffer; they leave it empty. */
#ifndef BUFFERS_H
#define BUFFERS_H

#include "support/check.h"

/* The buffer has this text, or these bytes in capital hexadecimal digits. */
#define check_buffer(buffer, expected) check_buffer_at(CHECK_HERE, buffer, expected)
#define check_buffer_hex(buffer, expected) check_buffer_hex_at(CHECK_HERE, buffer, expected)

void check_buffer_at(const char *file, int line, tls_buffer *buffer, const char *expected);
void check_buffer_hex_at(const char *file, int line, tls_buffer *buffer, const char *expected);

int buffer_contains(const tls_buffer *buffer, const char *text);

#endif
