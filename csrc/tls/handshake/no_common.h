/* no_common.h - why a server finds nothing in common with a client: the sentence that it fails
 * with names what has nothing in common, and both lists. */
#ifndef TLS_NO_COMMON_H
#define TLS_NO_COMMON_H

#include "handshake/handshake.h"

/* tls_no_common_suites, _groups, _schemes explain, for this version, and return
 * HANDSHAKE_FAILURE. */
enum tls_reason tls_no_common_suites(tls_handshake *handshake, unsigned version);
enum tls_reason tls_no_common_groups(tls_handshake *handshake);
/* tls_no_common_schemes: no certificate can sign as the client wants it, because of its key usage
 * or of its key. */
enum tls_reason tls_no_common_schemes(tls_handshake *handshake, unsigned version);

#endif
