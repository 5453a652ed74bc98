/* ocsp.h - OCSP responses (RFC 6960): parsed once, immutable, counted; and judged for one
 * certificate. */
#ifndef TLS_OCSP_H
#define TLS_OCSP_H

#include "x509/crl.h"

TLS_PUBLIC_BEGIN

#define TLS_OCSP_MAXIMUM_LENGTH 0x40000
/* How old a response may be that does not say until when it holds: a peer could staple it for ever.
 */
#define TLS_OCSP_MAXIMUM_AGE 86400
#define TLS_OCSP_CERTIFICATES_MAXIMUM 8 /* in one response; more are not looked at */

/* OCSPResponseStatus, section 4.2.1. */
enum tls_ocsp_response_status {
    TLS_OCSP_SUCCESSFUL = 0,
    TLS_OCSP_MALFORMED_REQUEST = 1,
    TLS_OCSP_INTERNAL_ERROR = 2,
    TLS_OCSP_TRY_LATER = 3,
    TLS_OCSP_SIG_REQUIRED = 5,
    TLS_OCSP_UNAUTHORIZED = 6
};

/* CertStatus; not by its tag numbers, so that what was not filled in is not good. */
enum tls_ocsp_certificate_status { TLS_OCSP_UNKNOWN = 0, TLS_OCSP_GOOD, TLS_OCSP_REVOKED };

/* SingleResponse. */
typedef struct tls_ocsp_single {
    int hash; /* of the two below: TLS_HASH_SHA1 .. TLS_HASH_SHA512; 0 if unknown */
    tls_bytes issuer_name_hash;
    tls_bytes issuer_key_hash;
    tls_bytes serial; /* contents of the INTEGER */
    enum tls_ocsp_certificate_status status;
    int64_t revocation_time; /* of TLS_OCSP_REVOKED */
    int reason;              /* enum tls_revocation_reason, or TLS_REVOKED_NO_REASON */
    int64_t this_update;
    int64_t next_update; /* INT64_MAX when absent; tls_ocsp_check puts TLS_OCSP_MAXIMUM_AGE there */
    int unknown_critical;
} tls_ocsp_single;

typedef struct tls_ocsp_response {
    unsigned references;
    tls_bytes der;
    enum tls_ocsp_response_status status;
    /* The rest only when TLS_OCSP_SUCCESSFUL. */
    tls_bytes to_be_signed; /* ResponseData, header included */
    tls_signature_algorithm signature_algorithm;
    tls_bytes signature;
    tls_bytes responder_name; /* whole Name, or empty: then the responder is known by its */
    tls_bytes responder_key;  /* key: the SHA-1 of it */
    int64_t produced_at;
    tls_bytes responses; /* contents of SEQUENCE OF SingleResponse; walk with tls_ocsp_next */
    tls_bytes nonce;     /* contents of the extension's value, or empty */
    int unknown_critical;
    tls_certificate_list *certificates; /* that came with it; may be NULL */
} tls_ocsp_response;

/* tls_ocsp_response_from_der parses one OCSPResponse that fills `der` exactly, also an unsuccessful
 * one. The caller owns it. TLS_REASON_BAD_OCSP_RESPONSE. */
enum tls_reason tls_ocsp_response_from_der(tls_ocsp_response **out, tls_bytes der);
tls_ocsp_response *tls_ocsp_response_retain(tls_ocsp_response *response);
void tls_ocsp_response_release(tls_ocsp_response *response);
/* tls_ocsp_response_status_name: "successful", "tryLater", ...; NULL.
 * tls_ocsp_certificate_status_name: "good", "revoked", "unknown". */
const char *tls_ocsp_response_status_name(enum tls_ocsp_response_status status);
const char *tls_ocsp_certificate_status_name(enum tls_ocsp_certificate_status status);

/* tls_ocsp_next walks the single responses: tls_der_init(&reader, response->responses). */
int tls_ocsp_next(tls_der *reader, tls_ocsp_single *single);
/* tls_ocsp_find finds the newest single response about `certificate`, which `issuer` issued.
 * Returns 0 if there is none. */
int tls_ocsp_find(const tls_ocsp_response *response, tls_ocsp_single *single,
    const tls_certificate *certificate, const tls_certificate *issuer);

/* tls_ocsp_check judges a response about `certificate` (section 3.2): signed by the issuer, or by a
 * certificate that the issuer signed for id-kp-OCSPSigning and that is in date; about this
 * certificate; in date. TLS_OK and `single` filled in: look at its status. Else
 * TLS_REASON_BAD_OCSP_RESPONSE, TLS_REASON_OCSP_EXPIRED, TLS_REASON_WEAK_SIGNATURE,
 * TLS_REASON_WEAK_KEY, and `why` (may be NULL) set to what is wrong, a phrase such as "is about
 * another certificate". A delegated responder's own revocation is not asked for (section 4.2.2.2.1,
 * id-pkix-ocsp-nocheck). */
enum tls_reason tls_ocsp_check(const tls_ocsp_response *response, tls_ocsp_single *single,
    const char **why, const tls_certificate *certificate, const tls_certificate *issuer,
    const tls_revocation_policy *policy);

TLS_PUBLIC_END

#endif
