/* random.h - unpredictable bytes from the operating system. */
#ifndef TLS_RANDOM_H
#define TLS_RANDOM_H

#include <stddef.h>

#include "error.h"

/* tls_random fills `out`. TLS_REASON_NO_RANDOM when the system gives none: the caller must stop. */
enum tls_reason tls_random(void *out, size_t length);

#endif
