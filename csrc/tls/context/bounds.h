/* bounds.h - the numbers that the options of a context take (context.h, base/bounds.h). */
#ifndef TLS_CONTEXT_BOUNDS_H
#define TLS_CONTEXT_BOUNDS_H

#include "base/bounds.h"
#include "context/context.h"
#include "wire/registry.h"

TLS_PUBLIC_BEGIN

#define TLS_WEEK 604800 /* RFC 8446 section 4.6.1: no ticket lives longer */

/* record_size and record_size_limit: RFC 8446 section 5.1, RFC 8449 section 4; max_fragment_length:
 * one of tls_max_fragment_lengths; client_hello_limit: to TLS_CLIENT_HELLO_MAXIMUM. */
#define TLS_CONTEXT_BOUNDS(X)                                                                      \
    X(version_min, TLS_VERSION_10, TLS_VERSION_13, TLS_VERSION_12)                                 \
    X(version_max, TLS_VERSION_10, TLS_VERSION_13, TLS_VERSION_13)                                 \
    X(verify_depth, 0, TLS_PATH_MAXIMUM, 8)                                                        \
    X(clock_skew, 0, TLS_SECONDS_MAXIMUM, 0)                                                       \
    X(verdict_cache_size, 0, 1024, 0)                                                              \
    X(session_cache_size, 0, 100000000, 0)                                                         \
    X(session_lifetime, 1, TLS_WEEK, 7200)                                                         \
    X(max_fragment_length, 512, 4096, 0)                                                           \
    X(record_size, 512, 16384, 16384)                                                              \
    X(client_hello_limit, 512, 131396, 16384)                                                      \
    X(key_share_count, 1, 4, 0)                                                                    \
    X(ticket_count, 0, TLS_TICKETS_MAXIMUM, 0)                                                     \
    X(new_session_count, 0, 255, 0)                                                                \
    X(resumption_count, 0, 255, 0)                                                                 \
    X(max_early_data, 0, 0x7FFFFFFF, 0)                                                            \
    X(early_data_window, 1, TLS_WEEK, 10)                                                          \
    X(record_size_limit, 64, 16384, 0)                                                             \
    X(record_padding, 0, 16384, 0)                                                                 \
    X(key_update_records, 1, 0x7FFFFFFF, 0)                                                        \
    X(dh_bits_minimum, 2048, 8192, 2048)

extern const tls_bounds tls_context_bounds[];

#define TLS_MAX_FRAGMENT_LENGTHS 4
extern const unsigned tls_max_fragment_lengths[TLS_MAX_FRAGMENT_LENGTHS]; /* RFC 6066 section 4 */

TLS_PUBLIC_END

#endif
