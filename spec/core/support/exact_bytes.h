/* exact_bytes.h - bytes of their own size in memory of their own, so that a step past their end is
 * seen by the tools. */
#ifndef EXACT_BYTES_H
#define EXACT_BYTES_H

#include "base/bytes.h"

unsigned char *allocate(size_t length);

/* From hexadecimal digits. */
tls_bytes from_hex(const char *hex);

/* A copy. */
tls_bytes exact_bytes(tls_bytes bytes);

void release(tls_bytes bytes);

/* exact_change flips bits of a byte. */
void exact_change(tls_bytes bytes, size_t at, unsigned char bits);

#endif
