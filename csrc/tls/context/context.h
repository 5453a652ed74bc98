/* context.h - what many connections share: made once, then only read; counted. */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "context/credential.h"
#include "session/session.h"
#include "session/ech_keys.h"
#include "session/ticket.h"
#include "x509/trust.h"
#include "x509/verify.h"

TLS_PUBLIC_BEGIN

typedef struct tls_context tls_context;

enum tls_verify_mode {
    TLS_VERIFY_DEFAULT = 0, /* a context's: REQUIRED for a client, NONE for a server;
                               a connection's: as its context; a renegotiation's: as before */
    TLS_VERIFY_NONE,        /* client: any certificate is taken; server: none is asked for */
    TLS_VERIFY_OPTIONAL,    /* a server's: asked for, may be absent, must verify when present */
    TLS_VERIFY_REQUIRED,
    TLS_VERIFY_REPORT /* a client's: the verdict is reported, and the handshake goes on */
};
/* tls_verify_mode_fits: whether a context of that role, or a connection of it, may have the mode.
 */
int tls_verify_mode_fits(enum tls_verify_mode mode, enum tls_role role);

/* RFC 7627, up to TLS 1.2: TLS 1.3 has nothing else. */
enum tls_extended_master_secret {
    TLS_EXTENDED_MASTER_SECRET_USED = 0, /* with peers that have it */
    TLS_EXTENDED_MASTER_SECRET_OFF,      /* neither offered nor accepted */
    TLS_EXTENDED_MASTER_SECRET_REQUIRED  /* peers without it are refused */
};

/* Whose names are sent, so that the peer can choose a certificate by them (RFC 5246 section 7.4.4,
 * RFC 8446 section 4.2.4). */
enum tls_authorities {
    TLS_AUTHORITIES_DEFAULT = 0, /* a server's: the trust store's, unless they are too long to be
                                    sent; a client's: none */
    TLS_AUTHORITIES_NONE,
    TLS_AUTHORITIES_NAMED /* those of `authorities`, or of the trust store where it is NULL */
};

/* An extension of one's own in ClientHello; what the server answers stands in its hello. */
typedef struct tls_custom_extension {
    uint16_t type;
    tls_bytes data;
} tls_custom_extension;

#define TLS_SYSTEM_TIME INT64_MIN
#define TLS_TICKETS_MAXIMUM 16 /* of one handshake */

/* All zero is a client with the library's defaults, which are the safe ones: what 0, NULL or an
 * empty list stands for is said of each. */
typedef struct tls_context_options {
    /* ---- Role and versions ---- */
    enum tls_role role;                /* 0: a client */
    unsigned version_min, version_max; /* enum tls_version_number, TLS_VERSION_10 and up; 0:
                                          TLS_VERSION_12 and TLS_VERSION_13. A version for which
                                          there is no suite in the list is not spoken. */

    /* ---- Suites, groups, signatures: numbers, in order of preference ---- */
    const uint16_t *suites; /* NULL: suite.h's "modern" */
    size_t suite_count;
    int client_preference;  /* server: take the client's order of suites */
    const uint16_t *groups; /* NULL: X25519MLKEM768, x25519, secp256r1, secp384r1, secp521r1 */
    size_t group_count;
    unsigned dh_bits_minimum; /* client: the shortest prime that a server of DHE suites may choose,
                                 2048 … 8192 bits; 0: 2048 */
    const uint16_t *signature_schemes; /* NULL: every SHA-2 one that BearSSL can do */
    size_t signature_scheme_count;
    const uint16_t *certificate_schemes; /* signature_algorithms_cert (RFC 8446 section 4.2.3): what
                                            the peer's certificates may be signed with; NULL: not
                                            sent, and the same */
    size_t certificate_scheme_count;

    /* ---- Authentication: what this side shows ---- */
    const tls_credential *credentials; /* a server's are chosen by name and kind of key */
    size_t credential_count;           /* 0: none, which is no use to a server without PSKs */

    /* What stands in the Certificate messages of TLS 1.3 (enum tls_certificate_type, RFC 7250), in
     * order of preference: X.509 certificates, or the raw public key. A raw public key of a peer is
     * trusted by pins, or by a VERIFY handler that accepts it, never by a mode; so it goes with no
     * CRLs, revocation or required staple. Without X.509 in a list version_min is TLS 1.3. */
    const uint16_t *server_certificate_types; /* NULL: X.509 */
    size_t server_certificate_type_count;
    const uint16_t *client_certificate_types; /* NULL: X.509 */
    size_t client_certificate_type_count;
    const uint16_t *certificate_compression; /* enum tls_certificate_compression, in order: what is
                                                offered, and done for peers that offer it (RFC
                                                8879); none: neither */
    size_t certificate_compression_count;

    /* ---- Verification: what the peer must show ---- */
    enum tls_authorities certificate_authorities; /* 0: see there */
    tls_trust_store *authorities;
    enum tls_verify_mode verify; /* 0: a client requires, a server asks nobody */
    tls_trust_store *trust;      /* NULL: nobody is trusted */
    unsigned verify_depth;       /* intermediate certificates allowed, self-issued ones not counted
                                    (RFC 5280 section 6.1.4 (l)), to 16; 0: 8 */
    int no_intermediates;        /* none are, whatever verify_depth says */
    int64_t clock_skew;          /* seconds by which clocks may differ, 0 and up */
    /* As in verify.h. */
    const struct tls_crl *const *crls;
    size_t crl_count;
    enum tls_revocation_mode revocation; /* 0: what is not known to be revoked is accepted */
    enum tls_staple_mode staple; /* client: 0 asks for an OCSP response, which must come when the
                                    certificate says so and the chain is verified */
    const unsigned char (*pins)[TLS_PIN_LENGTH]; /* 0 of them: not checked */
    size_t pin_count;
    size_t verdict_cache_size; /* good verdicts on chains that are remembered, each for a minute at
                                  most (x509/verdict_cache.h says what makes that safe), to 1024;
                                  0: none */

    /* ---- Sessions ---- */
    size_t session_cache_size; /* kept in memory, to 100000000: a server's sessions, or server
                                  names to which a client resumes; 0: none */
    unsigned session_lifetime; /* seconds, both sides, to 604800; 0: 7200 */
    tls_bytes
        ech; /* client: an ECHConfigList (RFC 9849 section 4), to whose first usable key the
                hello is encrypted; empty: it only looks so, unless no_grease says otherwise */
    tls_ech_keys *ech_keys; /* server: open hellos that were encrypted to these; NULL: none */
    int ech_backend;        /* server: hellos come from one that has opened them (section 7.2) */
    tls_ticket_keys *ticket_keys; /* server: issue tickets under these (RFC 5077); NULL: none */
    int no_tickets;               /* client: do not ask for tickets */
    int tickets_always;           /* server, TLS 1.3: for clients too that do not say how they would
                                     use one */
    unsigned ticket_count;        /* server, TLS 1.3: tickets after a full handshake, 0 …
                                     TLS_TICKETS_MAXIMUM; at 0 no client resumes TLS 1.3 */

    unsigned new_session_count; /* client, TLS 1.3: ask for so many tickets (RFC 9149) after a
                                   full handshake, and … */
    unsigned resumption_count;  /* … after a resumed one, each to 255; both 0: not asked for */

    /* ---- Extensions ---- */
    const tls_bytes *alpn; /* protocol names of 1 … 255 bytes, in order (RFC 7301); 0: none */
    size_t alpn_count;
    int alpn_required; /* fail (no_application_protocol) when there is no common name */
    enum tls_extended_master_secret extended_master_secret; /* 0: used with peers that have it */
    const tls_custom_extension *custom_extensions; /* client: of types that the core does not
                                                      handle, each once, data to 16383 bytes */
    size_t custom_extension_count;
    int renegotiation; /* allow it below TLS 1.3, with peers that have RFC 5746; 0: refused */

    /* ---- Records: bytes ---- */
    size_t record_size;           /* plaintext per record sent, 512 … 16384; 0: 16384 */
    unsigned max_fragment_length; /* client: ask for it (RFC 6066 section 4): 512, 1024, 2048, 4096;
                                     0: no */
    unsigned record_size_limit;   /* RFC 8449: the longest plaintext to receive, 64 … 16384; 0: no
                                     limit is sent */
    size_t client_hello_limit;    /* server: the longest ClientHello to read, 512 … 131396; 0:
                                     16384. Tickets of one's own that hold a client's chain come on
                                     top */

    /* ---- TLS 1.3 ---- */
    unsigned key_share_count; /* client: groups of the list, from the first, for which ClientHello
                                 has a share, 1 … 4; 0: the first group and, if that is a hybrid
                                 one, the first that is none */
    int no_grease;            /* client: no GREASE values in ClientHello (RFC 8701) */
    int no_compatibility; /* client: no ChangeCipherSpec for middleboxes (RFC 8446 appendix D.4) */
    int psk_ke; /* psk_ke where the client offers nothing better: resumption without (EC)DHE, and
                     without forward secrecy */
    int post_handshake_auth;     /* client: offer it (RFC 8446 section 4.6.2) */
    int retry_cookie;            /* server: a cookie in HelloRetryRequest */
    unsigned max_early_data;     /* server: bytes of 0-RTT that its tickets allow, to 2^31 - 1; 0:
                                    none is accepted */
    unsigned early_data_window;  /* server: seconds that the client's age of a ticket may be off, to
                                    604800; 0: 10 */
    unsigned record_padding;     /* records are padded to a multiple of so many bytes, to 16384; 0:
                                    not */
    uint64_t key_update_records; /* records sent under one key before it is updated, to 2^31 - 1;
                                    0: what the suite allows */

    /* ---- Clock ---- */
    int64_t (*now)(void *now_data); /* seconds since the epoch; NULL, or the answer
                                       TLS_SYSTEM_TIME: the system's clock */
    void *now_data;
} tls_context_options;

/* tls_context_new copies the options and retains the objects in them. Fails with OUT_OF_MEMORY,
 * LIMIT (names of authorities that are too long together), ILLEGAL_PARAMETER (an unknown suite or
 * group, a compression that was not built in, versions the wrong way round, a number out of the
 * bounds in context/bounds.h), KEY_MISMATCH, BAD_ECH_CONFIG. */
enum tls_reason tls_context_new(tls_context **out, const tls_context_options *options);
tls_context *tls_context_retain(tls_context *context);
void tls_context_release(tls_context *context);
enum tls_role tls_context_role(const tls_context *context);
/* tls_context_flush_sessions forgets the server's cached sessions. */
void tls_context_flush_sessions(tls_context *context);
size_t tls_context_session_count(const tls_context *context);
/* tls_context_pooled_buffers: record buffers that lie idle in the context's pool. */
size_t tls_context_pooled_buffers(const tls_context *context);
/* tls_context_default_groups and _schemes: what a context has in its lists when it is given none.
 */
const uint16_t *tls_context_default_groups(size_t *count);
const uint16_t *tls_context_default_schemes(size_t *count);
/* tls_processor_has_aes: whether AES instructions were found (AES-GCM is then preferred). */
int tls_processor_has_aes(void);

/* ---- Sessions ---- */
/* tls_session_resumable: whether `context` would offer (client) or accept (server) it now for
 * `server_name`: same name, same policy, same verification level, in date. */
int tls_session_resumable(
    const tls_session *session, const tls_context *context, const char *server_name);

TLS_PUBLIC_END

#endif
