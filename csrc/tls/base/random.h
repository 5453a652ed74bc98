/* random.h - unpredictable bytes. */
#ifndef TLS_RANDOM_H
#define TLS_RANDOM_H

#include <bearssl.h>
#include <stddef.h>

#include "base/error.h"

/* tls_random fills `out`, mostly without a system call. Any thread may call it, and a process that
 * was forked never gets what its parent gets. TLS_REASON_NO_RANDOM when the system gives no seed:
 * the caller must stop. */
enum tls_reason tls_random(void *out, size_t length);
/* tls_random_public is tls_random of what is told to everybody: it is no secret. */
enum tls_reason tls_random_public(void *out, size_t length);
/* tls_random_generator seeds a generator for BearSSL's functions with more than any key's strength,
 * straight from the system: it makes keys that last for years. The caller wipes it.
 * TLS_REASON_NO_RANDOM. */
enum tls_reason tls_random_generator(br_hmac_drbg_context *out);

#endif
