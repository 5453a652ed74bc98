/* no_common.h - why a server finds nothing in common with a client: the sentence that it fails
 * with names what has nothing in common, and both lists. */
#ifndef TLS_NO_COMMON_H
#define TLS_NO_COMMON_H

#include "handshake/handshake.h"

/* tls_no_common_versions, _suites, _groups explain, for this version, and return NO_COMMON_VERSION,
 * _SUITE, _GROUP. more: the server's groups that its list does not name. */
enum tls_reason tls_no_common_versions(tls_handshake *handshake);
enum tls_reason tls_no_common_suites(tls_handshake *handshake, unsigned version);
enum tls_reason tls_no_common_groups(
    tls_handshake *handshake, const uint16_t *more, size_t more_count);
/* tls_has_key_for: a credential's key is of the kind with which this suite signs. */
int tls_has_key_for(const tls_handshake *handshake, const tls_suite *suite);
/* tls_no_common_schemes: no certificate can sign as the client wants it: NO_USABLE_CREDENTIAL,
 * because of its key or its key usage, or NO_COMMON_SIGNATURE_ALGORITHM, whatever the keys. */
enum tls_reason tls_no_common_schemes(tls_handshake *handshake, unsigned version);
/* tls_no_key_for_suites: both sides have a suite, and no certificate fits it: NO_USABLE_CREDENTIAL.
 */
enum tls_reason tls_no_key_for_suites(tls_handshake *handshake, unsigned version);

#endif
