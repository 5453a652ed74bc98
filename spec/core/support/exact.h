/* exact.h - bytes in blocks of their own size, so that the sanitizers and valgrind see a read past
 * their end. */
#ifndef EXACT_H
#define EXACT_H

#include "base/bytes.h"

tls_bytes exact_bytes(tls_bytes bytes);
tls_bytes exact_hex(const char *hex);
void exact_free(tls_bytes bytes);

#endif
