/* certificate_issue.h - signing certificates: self-signed, or for a request or a public key by an
 * issuer. */
#ifndef TLS_CERTIFICATE_ISSUE_H
#define TLS_CERTIFICATE_ISSUE_H

#include "issue/certificate_extensions.h"
#include "issue/signing_request.h"
#include "key/key.h"

TLS_PUBLIC_BEGIN

#define TLS_SERIAL_MAXIMUM_LENGTH 20 /* RFC 5280 section 4.1.2.2 */

typedef struct tls_issue_fields {
    /* Who signs. Without `issuer` the certificate is self-signed: its issuer is its subject, its
     * public key that of `key`. */
    const tls_certificate *issuer;
    const tls_private_key *key; /* the issuer's */
    int hash; /* TLS_HASH_SHA256, TLS_HASH_SHA384, TLS_HASH_SHA512; 0: what fits the key */

    /* For whom. A request gives its subject and public key where these are empty; its signature is
     * checked again. */
    const tls_certificate_request *request;
    tls_bytes subject;         /* a whole Name element */
    tls_bytes public_key_info; /* a SubjectPublicKeyInfo */
    /* Which extensions are taken over from the request when `extensions` does not set them: of enum
     * tls_extension_present, TLS_HAS_SUBJECT_ALTERNATIVE_NAME, TLS_HAS_KEY_USAGE,
     * TLS_HAS_EXTENDED_KEY_USAGE, TLS_HAS_TLS_FEATURE. A CA decides about the rest itself. */
    unsigned accept;

    tls_bytes serial; /* big-endian, positive, at most 20 bytes; empty: 20 random ones */
    int64_t not_before;
    int64_t not_after;
    tls_extension_fields extensions;
    /* The key identifiers are computed unless `extensions` has them or these say no. */
    int without_subject_key_identifier;
    int without_authority_key_identifier;
} tls_issue_fields;

/* tls_certificate_issue makes a version 3 certificate; the caller owns it. The issuer is not
 * judged: whether it may issue this is for verification to say, and specs issue wrong ones on
 * purpose. TLS_REASON_KEY_MISMATCH      `key` is not the issuer's TLS_REASON_BAD_FIELD validity,
 * serial or extensions make no sense, no public key given TLS_REASON_BAD_NAME          `subject` is
 * not a Name TLS_REASON_BAD_REQUEST       the request's signature does not verify
 *   TLS_REASON_UNSUPPORTED_KEY, TLS_REASON_SIGN_FAILED, TLS_REASON_NO_RANDOM,
 * TLS_REASON_OUT_OF_MEMORY */
enum tls_reason tls_certificate_issue(tls_certificate **out, const tls_issue_fields *fields);

TLS_PUBLIC_END

#endif
