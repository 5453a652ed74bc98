/* random.h - unpredictable bytes from the operating system. */
#ifndef TLS_RANDOM_H
#define TLS_RANDOM_H

#include <bearssl.h>
#include <stddef.h>

#include "base/error.h"

/* tls_random fills `out`. TLS_REASON_NO_RANDOM when the system gives none: the caller must stop. */
enum tls_reason tls_random(void *out, size_t length);
/* tls_random_generator seeds a generator for BearSSL's functions with more than any key's strength;
 * the caller wipes it. TLS_REASON_NO_RANDOM. */
enum tls_reason tls_random_generator(br_hmac_drbg_context *out);

#endif
