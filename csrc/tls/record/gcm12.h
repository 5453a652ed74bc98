/* gcm12.h - record protection of TLS 1.2 with AES-GCM (RFC 5288), as classes of the shape of
 * BearSSL's: its handshake keys them in the place of its own, in a tls_aead_context. */
#ifndef TLS_GCM12_H
#define TLS_GCM12_H

#include "record/aead.h"

extern const br_sslrec_in_gcm_class tls_gcm12_in_class;
extern const br_sslrec_out_gcm_class tls_gcm12_out_class;

#endif
