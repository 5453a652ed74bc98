/* protocol.h - what the versions do differently outside of their handshakes: alerts,
 * change_cipher_spec, renegotiation. */
#ifndef TLS_PROTOCOL_H
#define TLS_PROTOCOL_H

#include "base/error.h"

typedef struct tls_protocol {
    unsigned version;
    /* RFC 8446 section 6: all alerts but close_notify and user_canceled are errors, whatever their
     * level says. Before, a warning is passed over (RFC 5246 section 7.2.2 leaves that to us). */
    int warnings_are_errors;
    int may_renegotiate;
    enum tls_alert certificate_required; /* RFC 8446 section 6.2, RFC 5246 section 7.4.6 */
} tls_protocol;

/* tls_protocol_of: of a version, or of 0 while none is agreed. Never NULL. */
const tls_protocol *tls_protocol_of(unsigned version);

#endif
