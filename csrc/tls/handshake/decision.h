/* decision.h - what a handshake asks its owner, and what can be answered: one bit each in a watch
 * mask, 1u << decision. */
#ifndef TLS_DECISION_H
#define TLS_DECISION_H

#include "context/context.h"

TLS_PUBLIC_BEGIN

enum tls_decision {
    TLS_DECISION_SELECT,
    TLS_DECISION_SESSION_LOAD,
    TLS_DECISION_SESSION_STORE,
    TLS_DECISION_VERIFY,
    TLS_DECISION_CLIENT_CERTIFICATE,
    TLS_DECISION_SIGN,
    TLS_DECISION_DECRYPT,
    TLS_DECISION_PSK,
    TLS_DECISION_KEYLOG,
    TLS_DECISION_EARLY_DATA,
    TLS_DECISION_COUNT
};
const char *tls_decision_name(enum tls_decision decision);
int tls_decision_from_name(const char *name);

/* tls_question: what step() reports as TLS_EVENT_DECISION; valid until it is answered. */
typedef struct tls_question {
    enum tls_decision decision;
    union {
        struct {                    /* server, ClientHello was read and nothing is chosen */
            tls_bytes client_hello; /* raw message: parse with message.h */
        } select;
        struct {                     /* both */
            tls_bytes session_id;    /* server: what the client offers; TLS 1.3: a PSK identity that
                                        no ticket key opened. Client: empty */
            const char *server_name; /* "" when none was sent, or is to be */
            int early_data; /* the client sends early data: a session must then be given once only
                             */
        } session_load;
        struct { /* both, once a resumable session exists */
            const tls_session *session;
        } session_store;
        struct {                                 /* both */
            const tls_certificate *const *chain; /* as received, leaf first */
            size_t chain_count;
            tls_bytes
                key_info; /* of a peer with a raw public key: SubjectPublicKeyInfo; else empty */
            const tls_verdict *verdict; /* the library's own; reason TLS_OK when it accepts */
            tls_bytes ocsp_response;    /* stapled; empty: nothing */
            const char *server_name;
        } verify;
        struct {                           /* client, CertificateRequest was read */
            tls_bytes certificate_request; /* raw message */
        } client_certificate;
        struct {               /* both: SIGN */
            unsigned scheme;   /* enum tls_signature_scheme; below TLS 1.2: 0 for RSA with
                                  TLS_HASH_MD5_SHA1, or TLS_SCHEME_ECDSA_SHA1 */
            const char *hash;  /* tls_hash_name's "sha256", "md5sha1" …; NULL for Ed25519,
                                  which signs the message */
            tls_bytes message; /* what to sign: RFC 8446 section 4.4.3, RFC 5246 sections 7.4.3 and
                                  7.4.8 */
            tls_bytes digest;  /* its hash */
            const tls_certificate *certificate; /* whose key must sign; NULL: a key alone, … */
            const tls_private_key *key;         /* … which this is */
        } sign;
        struct {                  /* server, static RSA */
            tls_bytes ciphertext; /* RSA-encrypted pre-master secret */
            const tls_certificate *certificate;
        } decrypt;
        struct {                /* TLS 1.3, external pre-shared keys (RFC 8446 section 4.2.11) */
            tls_bytes identity; /* server: what the client offers; client: empty */
            const char *server_name;
        } psk;
        struct {
            tls_bytes line; /* NSS key log format, without the newline */
        } keylog;
        struct { /* server: the client offers early data (RFC 8446 section 4.2.10) that could be
                    accepted */
            const tls_session *session;
            const char *server_name;
            tls_bytes alpn;
        } early_data;
    } u;
} tls_question;

/* The answers to VERIFY. Only the word for it accepts a peer that the library refuses. */
enum tls_peer_answer {
    TLS_PEER_AS_JUDGED = 0, /* the library's verdict stands */
    TLS_PEER_REFUSED,       /* certificate_refused; another reason: tls_connection_fail */
    TLS_PEER_ACCEPTED       /* whatever the verdict was */
};

/* How it went with early data (RFC 8446 section 4.2.10). */
enum tls_early_data {
    TLS_EARLY_DATA_NONE,    /* none was offered */
    TLS_EARLY_DATA_OFFERED, /* and nothing is decided yet */
    TLS_EARLY_DATA_ACCEPTED,
    TLS_EARLY_DATA_REJECTED
};

/* How it went with Encrypted ClientHello (RFC 9849). A server that has keys calls rejected what
 * none of them opened, which GREASE never does. */
enum tls_ech_status {
    TLS_ECH_UNUSED,
    TLS_ECH_GREASE,  /* client: the hello looks as if it had one */
    TLS_ECH_OFFERED, /* client: and the server has not answered yet */
    TLS_ECH_ACCEPTED,
    TLS_ECH_REJECTED
};

typedef struct tls_selection {
    tls_context *context;              /* another context of role server, or NULL */
    const tls_credential *credential;  /* this one only, or NULL */
    tls_bytes alpn;                    /* this protocol, or empty: by the context's list */
    unsigned version_max, version_min; /* 0: the context's */
    const uint16_t *suites;            /* NULL: the context's */
    size_t suite_count;
    tls_bytes ocsp_response; /* stapled instead of the credential's; empty: the credential's */
} tls_selection;

TLS_PUBLIC_END

#endif
