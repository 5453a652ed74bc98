/* facts.h - what a handshake settles. A handshake collects its own; they take the place of the
 * connection's when it is over, and are dropped when it fails. So what a peer claims in the middle
 * of one is never told, stored or sealed as a fact. */
#ifndef TLS_FACTS_H
#define TLS_FACTS_H

#include "context/internal.h"
#include "handshake/decision.h"

#define TLS_VERIFY_DATA_MAXIMUM 48 /* a SHA-384 (RFC 8446 section 4.4.4) */

/* A connection that idles keeps these, so each member has the width that its values need: numbers
 * of TLS have 16 bits, enumerations (named behind them) and what is 0 or 1 have eight. */

/* Who the peer is. Anyone can send anyone's certificate: only a signature and a Finished that were
 * checked prove it. */
typedef struct tls_peer {
    tls_buffer key_info; /* its raw public key (RFC 7250), a SubjectPublicKeyInfo: then no chain */
    tls_certificate_list *chain; /* as received, or as the resumed session knows it; NULL: none */
    tls_certificate_list *path; /* along which it was verified, leaf to anchor; NULL: it was not */
    unsigned char judge[TLS_POLICY_LENGTH]; /* what the chain was judged by: tls_context_judge */
    int64_t valid_until;  /* of what was judged: the first notAfter of the path; else 0 */
    uint16_t verdict;     /* enum tls_reason */
    uint16_t scheme;      /* of its handshake signature, or 0 */
    unsigned char level;  /* enum tls_verification_level */
    unsigned char judged; /* there is a verdict: on the chain, or why the handshake failed */
    unsigned char verdict_cached; /* it is one that the context remembered */
    unsigned char psk;            /* authenticated by a PSK */
    unsigned char psk_imported;   /* it was imported (RFC 9258), … */
    tls_buffer psk_context;       /* … with this context */
    tls_buffer psk_identity;      /* of an external one */
    tls_buffer ocsp_response, signed_certificate_timestamps;
} tls_peer;

typedef struct tls_facts {
    tls_peer peer;
    tls_certificate_list *local_chain; /* what this side showed */
    tls_buffer alpn;
    tls_buffer ech_retry_configs; /* client: an ECHConfigList, of a server that rejected */
    tls_session *session;         /* offered, then negotiated */
    size_t early_data_length;
    int64_t session_expires; /* see policy */

    uint16_t version, suite, group; /* 0 while unknown */
    uint16_t dh_bits;               /* up to TLS 1.2: of the prime of a DHE exchange, or 0 */
    uint16_t local_scheme;
    uint16_t max_fragment_length; /* agreed (RFC 6066 section 4), or 0 */
    uint16_t peer_record_limit;   /* its record_size_limit (RFC 8449), or 0 */
    unsigned char verify;         /* the mode in force, enum tls_verify_mode */
    unsigned char proven; /* the peer's Finished was right: until then `peer` is only claimed */
    unsigned char certificate_requested; /* client: the server asked for a certificate */
    unsigned char declined; /* the peer's answer to a late request was without a certificate */
    unsigned char resumed, ticket, hello_retry, post_handshake_auth;
    unsigned char secure_renegotiation, extended_master_secret;
    /* What stands in Certificate messages, as agreed in EncryptedExtensions (RFC 7250). */
    unsigned char server_certificate_type, client_certificate_type;
    unsigned char tickets_told; /* the server said how many tickets will come (RFC 9149) */
    unsigned char expected_tickets;
    unsigned char early_data;     /* enum tls_early_data */
    unsigned char ech;            /* enum tls_ech_status */
    unsigned char session_is_new; /* to be stored */
    /* Under what a session of these facts is resumed, and until when: both are settled when the
     * chain is judged, and no ticket that comes later changes them. */
    unsigned char has_policy;
    unsigned char policy[TLS_POLICY_LENGTH];

    /* For exporters and bindings. */
    unsigned char master_secret[TLS_MASTER_SECRET_LENGTH]; /* TLS 1.2 and below */
    unsigned char client_random[32], server_random[32];
    unsigned char client_verify_data[TLS_VERIFY_DATA_MAXIMUM];
    unsigned char server_verify_data[TLS_VERIFY_DATA_MAXIMUM];
    unsigned char client_verify_length, server_verify_length;
    unsigned char end_point_length;
    unsigned char
        end_point[TLS_FINGERPRINT_MAXIMUM]; /* a resumed server's: see session/internal.h */
} tls_facts;

/* tls_facts_clear releases and wipes. tls_facts_settle replaces *settled by what a handshake found,
 * and leaves that empty. */
void tls_facts_clear(tls_facts *facts);
void tls_facts_settle(tls_facts *settled, tls_facts *found);
/* tls_facts_settle_late is that for a late authentication (RFC 8446 section 4.6.2), which says who
 * a side is and nothing of how the connection is keyed. */
void tls_facts_settle_late(tls_facts *settled, tls_facts *found);
/* tls_facts_disown names nobody any more: a handshake failed. verdict: what was found wrong with
 * the chain, TLS_OK where nothing was: a good verdict on somebody who is not named would say
 * nothing. */
void tls_facts_disown(tls_facts *facts, enum tls_reason verdict);

/* tls_facts_peer: who the peer has proven to be; nobody before. */
const tls_peer *tls_facts_peer(const tls_facts *facts);

/* tls_facts_set_chain replaces *list by a new counted list of these certificates. */
enum tls_reason tls_facts_set_chain(
    tls_certificate_list **list, tls_certificate *const *items, size_t count);
/* tls_facts_note_finished keeps the verify_data of one side's Finished. */
void tls_facts_note_finished(tls_facts *facts, tls_bytes verify_data, int from_client);

/* tls_facts_end_point writes the tls-server-end-point binding (RFC 5929 section 4.1) and returns
 * its length, 0 when the server's certificate is not known. */
size_t tls_facts_end_point(
    const tls_facts *facts, enum tls_role role, unsigned char out[TLS_FINGERPRINT_MAXIMUM]);

size_t tls_facts_memory(const tls_facts *facts);

#endif
