/* verify.h - certification path building and validation (RFC 5280 section 6), for both engines.
 *
 * The chain is what the peer sent: the leaf first, then certificates in any order, extras allowed.
 * Verification looks for some path from the leaf to the trust store that satisfies every rule, and
 * when there is none it reports the defect of the path that came closest. */
#ifndef TLS_VERIFY_H
#define TLS_VERIFY_H

#include "bytes.h"
#include "certificate.h"
#include "trust.h"

#define TLS_PATH_MAXIMUM 16  /* certificates in a path, leaf and anchor included */
#define TLS_CHAIN_MAXIMUM 64 /* certificates in a chain; more is TLS_REASON_LIMIT */
#define TLS_SIGNATURE_CHECKS_MAXIMUM 100
#define TLS_RSA_MINIMUM_BITS 2048

enum tls_purpose {
    TLS_PURPOSE_SERVER = 0, /* the peer is a server: id-kp-serverAuth */
    TLS_PURPOSE_CLIENT,     /* the peer is a client: id-kp-clientAuth */
    TLS_PURPOSE_ANY
};

struct tls_verify_request {
    const tls_certificate *const *chain;
    size_t count;
    const tls_trust_store *trust; /* NULL trusts nothing */
    const char *server_name;      /* DNS name or IP address; NULL: names are not checked */
    int64_t time;                 /* seconds since the epoch */
    enum tls_purpose purpose;
    unsigned depth;            /* most intermediate CAs in a path; 0: as TLS_PATH_MAXIMUM allows */
    unsigned minimum_rsa_bits; /* 0: TLS_RSA_MINIMUM_BITS */
    int allow_sha1;            /* accept SHA-1 signatures; an option that weakens */
};
typedef struct tls_verify_request tls_verify_request;

typedef struct tls_verdict {
    enum tls_reason reason;
    size_t index;   /* which of `chain` caused it; `count` if it was a trusted certificate */
    char text[256]; /* a sentence, without a full stop; "" when TLS_OK */
    /* The path that was found, leaf first, anchor last; on failure, the part of the best path that
     * was built. Certificates belong to the chain or to the trust store. A directly trusted leaf is
     * a path of one. */
    const tls_certificate *path[TLS_PATH_MAXIMUM];
    size_t path_count;
} tls_verdict;

/* tls_verify returns out->reason. */
enum tls_reason tls_verify(tls_verdict *out, const tls_verify_request *in);

/* tls_verify_signature checks a signature over `data` with a public key: the algorithms of
 * tls_signature_algorithm with SHA-256/384/512 and SHA-1. TLS_OK, TLS_REASON_CERTIFICATE_SIGNATURE,
 * TLS_REASON_UNSUPPORTED_CERTIFICATE, TLS_REASON_WEAK_SIGNATURE for hashes not known here. */
enum tls_reason tls_verify_signature(const tls_public_key *key,
    const tls_signature_algorithm *algorithm, tls_bytes data, tls_bytes signature);

#endif
