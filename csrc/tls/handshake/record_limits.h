/* record_limits.h - how long records may be: max_fragment_length (RFC 6066 section 4) and
 * record_size_limit (RFC 8449), which in TLS 1.3 counts the content type too (section 4). */
#ifndef TLS_RECORD_LIMITS_H
#define TLS_RECORD_LIMITS_H

#include "handshake/handshake.h"

/* tls_limits_answered: what a server answered to a client. ILLEGAL_PARAMETER for a length that was
 * not asked for, or both. */
enum tls_reason tls_limits_answered(tls_handshake *handshake, tls_bytes extensions);
/* tls_limits_fragment: max_fragment_length is agreed. */
void tls_limits_fragment(tls_handshake *handshake, unsigned length);
/* tls_limits_peer: the peer's record_size_limit, and so that of ours counts too. */
void tls_limits_peer(tls_handshake *handshake, unsigned limit);
/* tls_limits_write answers a client's record_size_limit with that of ours, or the largest. */
void tls_limits_write(const tls_handshake *handshake, tls_buffer *extensions);
/* tls_limits_fragment_code: the value of max_fragment_length. */
unsigned tls_limits_fragment_code(unsigned length);

#endif
