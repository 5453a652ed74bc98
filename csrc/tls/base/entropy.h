/* entropy.h - unpredictable bytes from the operating system, each call one of its own. */
#ifndef TLS_ENTROPY_H
#define TLS_ENTROPY_H

#include <stddef.h>

#include "base/error.h"

/* tls_entropy fills `out`. TLS_REASON_NO_RANDOM when the system gives none: the caller must stop.
 */
enum tls_reason tls_entropy(void *out, size_t length);

#endif
