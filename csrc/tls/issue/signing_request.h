/* signing_request.h - certification requests, PKCS#10 (RFC 2986): parsed once, immutable,
 * counted; and built. */
#ifndef TLS_SIGNING_REQUEST_H
#define TLS_SIGNING_REQUEST_H

#include "issue/certificate_extensions.h"
#include "key/key.h"

TLS_PUBLIC_BEGIN

/* A request owns a copy of its DER; views point into it. */
typedef struct tls_certificate_request {
    unsigned references;
    tls_bytes der;
    tls_bytes to_be_signed; /* CertificationRequestInfo, header included */
    tls_signature_algorithm signature_algorithm;
    tls_bytes signature;
    /* What is asked for, in the fields a certificate has: subject, public_key_info, public_key,
     * extensions and all that is parsed from them. The functions over a certificate's extensions
     * work on it; it is not a certificate of its own, and not counted. */
    tls_certificate wanted;
} tls_certificate_request;

/* tls_certificate_request_from_der parses one request that fills `der` exactly;
 * tls_certificate_request_load takes that, or the first "CERTIFICATE REQUEST" (or "NEW CERTIFICATE
 * REQUEST") block of PEM. The signature is not looked at. TLS_REASON_BAD_REQUEST,
 * TLS_REASON_BAD_PEM (no such block). */
enum tls_reason tls_certificate_request_from_der(tls_certificate_request **out, tls_bytes der);
enum tls_reason tls_certificate_request_load(tls_certificate_request **out, tls_bytes bytes);
tls_certificate_request *tls_certificate_request_retain(tls_certificate_request *request);
void tls_certificate_request_release(tls_certificate_request *request);

/* tls_certificate_request_verify checks that the request is signed with the key that it asks a
 * certificate for: TLS_OK, TLS_REASON_BAD_REQUEST, TLS_REASON_WEAK_SIGNATURE, TLS_REASON_WEAK_KEY,
 * TLS_REASON_UNSUPPORTED_CERTIFICATE (a key that is not known here). */
enum tls_reason tls_certificate_request_verify(const tls_certificate_request *request);

typedef struct tls_request_fields {
    const tls_private_key *key;
    int hash;          /* as in tls_issue_fields */
    tls_bytes subject; /* a whole Name element; empty: the empty name */
    tls_extension_fields extensions;
} tls_request_fields;

/* tls_certificate_request_build makes a signed request; the caller owns it. Reasons as
 * tls_certificate_issue. */
enum tls_reason tls_certificate_request_build(
    tls_certificate_request **out, const tls_request_fields *fields);

TLS_PUBLIC_END

#endif
