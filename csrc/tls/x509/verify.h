/* verify.h - certification path building and validation (RFC 5280 section 6), for both engines.
 *
 * The chain is what the peer sent: the leaf first, then certificates in any order, extras allowed.
 * Verification looks for some path from the leaf to the trust store that satisfies every rule, and
 * when there is none it reports the defect of the path that came closest. */
#ifndef TLS_VERIFY_H
#define TLS_VERIFY_H

#include "base/bounds.h"
#include "base/bytes.h"
#include "key/verify_signature.h"
#include "x509/certificate.h"
#include "x509/signature_budget.h"
#include "x509/trust.h"

TLS_PUBLIC_BEGIN

#define TLS_PATH_MAXIMUM 16  /* certificates in a path, leaf and anchor included */
#define TLS_CHAIN_MAXIMUM 64 /* certificates in a chain; more is TLS_REASON_LIMIT */
#define TLS_RSA_MINIMUM_BITS 2048

enum tls_purpose {
    TLS_PURPOSE_SERVER = 0, /* the peer is a server: id-kp-serverAuth */
    TLS_PURPOSE_CLIENT,     /* the peer is a client: id-kp-clientAuth */
    TLS_PURPOSE_ANY
};

/* When a certificate's revocation status counts. What is given is always used: a certificate that a
 * CRL or an OCSP response in the request says is revoked is refused in every mode, and so is one
 * whose CRL or response is given but cannot be relied on. */
enum tls_revocation_mode {
    TLS_REVOCATION_IF_KNOWN = 0, /* no CRL and no response for a certificate: accepted */
    TLS_REVOCATION_LEAF,         /* the leaf's status must be known */
    TLS_REVOCATION_PATH          /* that of every certificate but the trusted one */
};

/* When an OCSP response must come with the leaf. */
enum tls_staple_mode {
    TLS_STAPLE_DEFAULT = 0, /* a verification's: NONE; a client's context: IF_MUST where it
                               verifies */
    TLS_STAPLE_NONE,        /* none is needed; a client asks for none */
    TLS_STAPLE_IF_MUST,     /* when the leaf says so (RFC 7633, "must-staple") */
    TLS_STAPLE_REQUIRED
};
/* tls_staple_demanded: asked for by name. */
static inline int
tls_staple_demanded(enum tls_staple_mode mode)
{
    return mode == TLS_STAPLE_IF_MUST || mode == TLS_STAPLE_REQUIRED;
}

struct tls_crl;
struct tls_ocsp_response;

#define TLS_PIN_LENGTH 32

/* All zero but for chain, trust, server_name and time is what a client wants; the rest is opt-in.
 */
struct tls_verify_request {
    const tls_certificate *const *chain;
    size_t count;
    const tls_trust_store *trust; /* NULL trusts nothing */
    const char *server_name;      /* DNS name or IP address that the leaf must be for */
    int no_server_name;           /* names are not checked; of TLS_PURPOSE_SERVER one of the two is
                                     needed: without, NAME_MISMATCH */
    int64_t time;                 /* seconds since the epoch */
    enum tls_purpose purpose;
    /* Most intermediate CAs in a path, self-issued ones not counted (RFC 5280 section 6.1.4 (l));
     * 0: as TLS_PATH_MAXIMUM allows, or none if `no_intermediates`. */
    unsigned verify_depth;
    int no_intermediates;
    unsigned min_rsa_bits; /* 0: TLS_RSA_MINIMUM_BITS */
    int allow_sha1;        /* accept SHA-1 signatures; an option that weakens */
    int64_t clock_skew;    /* seconds by which clocks may differ: widens every validity period */
    enum tls_revocation_mode revocation;
    const struct tls_crl *const *crls; /* of any issuers */
    size_t crl_count;
    /* Stapled or given, for certificates of the path; with TLS 1.3 a peer may send one for each. If
     * there are any, one must be about the leaf. */
    const struct tls_ocsp_response *const *ocsp_responses;
    size_t ocsp_response_count;
    enum tls_staple_mode staple;
    /* SHA-256 of SubjectPublicKeyInfos: one must belong to a certificate of the path, whose whole
     * pins it (RFC 7469 section 2.6). None: not checked. */
    const unsigned char (*pins)[TLS_PIN_LENGTH];
    size_t pin_count;
    /* Nobody need vouch for the leaf, and nothing else of it is looked at: only what pins, CRLs,
     * revocation and staple ask for, on a path of good signatures that ends anywhere. */
    int demands_only;
    tls_signature_budget *budget; /* NULL: one of its own */
};
typedef struct tls_verify_request tls_verify_request;

#define TLS_VERIFY_BOUNDS(X)                                                                       \
    X(verify_depth, 0, TLS_PATH_MAXIMUM, 0)                                                        \
    X(min_rsa_bits, 1024, TLS_RSA_MAXIMUM_BITS, TLS_RSA_MINIMUM_BITS)                              \
    X(clock_skew, 0, TLS_SECONDS_MAXIMUM, 0)

extern const tls_bounds tls_verify_bounds[];

typedef struct tls_verdict {
    enum tls_reason reason;
    size_t index;   /* which of `chain` caused it; `count` if it was a trusted certificate */
    char text[256]; /* a sentence, without a full stop; "" when TLS_OK */
    /* The path that was found, leaf first, anchor last; on failure, the part of the best path that
     * was built. Certificates belong to the chain or to the trust store. A directly trusted leaf is
     * a path of one. */
    const tls_certificate *path[TLS_PATH_MAXIMUM];
    size_t path_count;
    unsigned signature_checks, signature_cost; /* what the budget had spent at the end */
} tls_verdict;

/* tls_verify returns out->reason. */
enum tls_reason tls_verify(tls_verdict *out, const tls_verify_request *in);

TLS_PUBLIC_END

#endif
