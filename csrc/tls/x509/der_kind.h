/* der_kind.h - tells by its structure what a piece of DER is. */
#ifndef TLS_DER_KIND_H
#define TLS_DER_KIND_H

#include "base/bytes.h"

enum tls_der_kind {
    TLS_DER_KIND_UNKNOWN = 0,
    TLS_DER_KIND_CERTIFICATE,
    TLS_DER_KIND_PRIVATE_KEY, /* encrypted ones too */
    TLS_DER_KIND_CRL,
    TLS_DER_KIND_REQUEST,
    TLS_DER_KIND_OCSP_RESPONSE,
    TLS_DER_KIND_PUBLIC_KEY,
    TLS_DER_KIND_PKCS12,
    TLS_DER_KIND_PKCS7
};

/* tls_der_kind looks at the outermost elements only; what is inside may still be damaged. */
enum tls_der_kind tls_der_kind(tls_bytes bytes);
/* tls_der_length: how many bytes the first element says that it has, header included, or 0 where
 * its length cannot be read. It may say more than there can be in memory. */
uint64_t tls_der_length(tls_bytes bytes);

#endif
