/* signed_certificate_timestamp.h - lists of SCTs (RFC 6962 section 3.3), read. Their signatures are
 * not checked: that needs a list of logs. */
#ifndef TLS_SIGNED_CERTIFICATE_TIMESTAMP_H
#define TLS_SIGNED_CERTIFICATE_TIMESTAMP_H

#include "x509/certificate.h"

TLS_PUBLIC_BEGIN

typedef struct tls_sct {
    unsigned version;   /* 1 for v1; of others only `raw` is filled in */
    tls_bytes raw;      /* the whole SerializedSCT */
    tls_bytes log_id;   /* 32 bytes: the SHA-256 of the log's public key */
    uint64_t timestamp; /* milliseconds since the epoch */
    tls_bytes extensions;
    unsigned
        hash_algorithm; /* TLS HashAlgorithm and SignatureAlgorithm numbers, RFC 5246 7.4.1.4.1 */
    unsigned signature_algorithm;
    tls_bytes signature;
} tls_sct;

typedef struct tls_sct_reader {
    tls_bytes rest;
    int failed;
} tls_sct_reader;

/* tls_certificate_sct_list: the SignedCertificateTimestampList in a certificate's extension, or
 * empty. */
tls_bytes tls_certificate_sct_list(const tls_certificate *certificate);
/* tls_sct_begin takes a SignedCertificateTimestampList, as the certificate's extension, an OCSP
 * response's or the TLS extension has it. tls_sct_next returns 1 and fills `sct`, or 0 at the end
 * or, with reader->failed, at the first that is malformed. */
void tls_sct_begin(tls_sct_reader *reader, tls_bytes list);
int tls_sct_next(tls_sct_reader *reader, tls_sct *sct);

TLS_PUBLIC_END

#endif
