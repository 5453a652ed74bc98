/* internal.h - the inside of tls_context, for the rooms above. */
#ifndef TLS_CONTEXT_INTERNAL_H
#define TLS_CONTEXT_INTERNAL_H

#include "base/pool.h"
#include "context/compressed_chains.h"
#include "context/context.h"
#include "context/lists.h"
#include "session/internal.h"
#include "session/replay.h"
#include "x509/crl.h"
#include "x509/verdict_cache.h"

struct tls_context {
    unsigned references;
    enum tls_role role;
    unsigned version_min, version_max;
    uint16_t *suites;
    size_t suite_count;
    uint16_t *groups;
    size_t group_count;
    uint16_t *signature_schemes;
    size_t signature_scheme_count;
    uint16_t *server_certificate_types, *client_certificate_types;
    size_t server_certificate_type_count, client_certificate_type_count;
    uint16_t *certificate_schemes;
    size_t certificate_scheme_count; /* 0: not sent */
    uint16_t *certificate_compression;
    size_t certificate_compression_count;
    tls_compressed_chains compressed;
    enum tls_authorities certificate_authorities;
    tls_trust_store *authorities; /* NULL: nobody is named */
    tls_lists lists;
    int alpn_required;
    tls_trust_store *trust;
    enum tls_verify_mode verify;
    unsigned verify_depth; /* 0: none */
    tls_crl **crls;
    size_t crl_count;
    int64_t clock_skew;
    enum tls_revocation_mode revocation;
    enum tls_staple_mode staple;
    tls_credential *credentials;
    size_t credential_count;
    unsigned session_lifetime;
    size_t record_size;
    int client_preference;
    size_t client_hello_limit; /* with the room for tickets of our own */
    int renegotiation;
    tls_ticket_keys *ticket_keys;
    tls_buffer ech; /* client: its list */
    tls_ech_keys *ech_keys;
    int ech_backend;
    int no_tickets;
    enum tls_extended_master_secret extended_master_secret;
    unsigned max_fragment_length;
    tls_buffer custom_extensions; /* encoded */
    uint16_t *custom_types;
    size_t custom_count;
    unsigned key_share_count;
    int no_grease, no_compatibility, psk_ke, post_handshake_auth, retry_cookie;
    int tickets_always;
    unsigned new_session_count, resumption_count;
    unsigned ticket_count, max_early_data, early_data_window;
    unsigned record_size_limit, record_padding;
    unsigned dh_bits_minimum;
    uint64_t key_update_records;
    int64_t (*now)(void *now_data);
    void *now_data;

    tls_session_cache *cache; /* NULL when the size is 0 */
    tls_pool pool;
    tls_replay_register replay; /* server without ticket keys: tickets that brought early data */
    int64_t made;               /* of tls_context_early_data_now */
    int64_t steady_offset;      /* milliseconds from the system's steady clock to the epoch */
    void *tls12_template;       /* the first connection that needs it makes it (tls12/setup.c); from
                                   malloc */

    tls_verdict_cache *verdicts; /* NULL when the size is 0 */

    /* The digest over the trust store's certificates, of one generation of them. */
    unsigned char trust_digest[32];
    uint64_t trust_generation;
    int trust_digest_known;
    /* Over the CRLs and modes above. */
    unsigned char revocation_digest[32];
};

int64_t tls_context_now(const tls_context *context);
/* tls_context_now_ms: the same in milliseconds, as far as a given clock has them; where none is
 * given it is a clock that nobody sets, which began with the system's. tls_context_clock_step: how
 * many milliseconds it goes on at once. */
int64_t tls_context_now_ms(const tls_context *context);
unsigned tls_context_clock_step(const tls_context *context);
/* tls_context_strikes: where a server remembers which tickets brought early data;
 * tls_context_early_data_now: the clock that goes with it (session/replay.h). */
tls_replay_register *tls_context_strikes(tls_context *context);
int64_t tls_context_early_data_now(tls_context *context);
/* ---- policy.c ---- */
/* tls_context_digest_revocation digests the CRLs and modes, which stay as they are. */
void tls_context_digest_revocation(tls_context *context);
/* tls_context_policy digests everything that a resumed session relies on: role, versions, suites,
 * ALPN, trust, depth, CRLs, pins, the verification mode in force on the connection, and whether a
 * `verify` handler has a say, so that a session made without the handler never gets past it. lists:
 * the protocols and pins in force, those of the connection or of the context. */
void tls_context_policy(tls_context *context, unsigned char out[TLS_POLICY_LENGTH],
    const tls_lists *lists, enum tls_verify_mode verify, int verify_handler);

/* tls_context_judge digests what a chain is judged by, whatever the mode makes of the verdict. */
void tls_context_judge(
    tls_context *context, unsigned char out[TLS_POLICY_LENGTH], const tls_lists *lists);
/* tls_context_demands: does it ask for something of a certificate that no mode of verification
 * waives: pins, CRLs, revocation, a staple? */
int tls_context_demands(const tls_context *context, const tls_lists *lists);

/* tls_context_resumes: would a side in this mode of verification, with or without a `verify`
 * handler, resume the session now for this name? What a handshake asks before it offers one, and
 * what tls_session_resumable answers. */
int tls_context_resumes(tls_context *context, const tls_lists *lists, const tls_session *session,
    const char *server_name, enum tls_verify_mode verify, int verify_handler);

/* ---- context.c ---- */
int tls_certificate_type_listed(const uint16_t *types, size_t count, unsigned type);
/* tls_context_shows_raw: this side may show its raw public key, so a credential may be a key alone.
 */
int tls_context_shows_raw(const tls_context *context);
/* tls_context_compression: the first of its algorithms that a list has, or 0. */
unsigned tls_context_compression(const tls_context *context, tls_u16_list offered);
/* tls_context_write_authorities: the names that it sends, each with its length. By default nothing
 * when they would be too long: an empty list is allowed (RFC 5246 section 7.4.4, RFC 8446
 * section 4.2.4), and some clients refuse a message of many records. */
void tls_context_write_authorities(const tls_context *context, tls_buffer *out);
int tls_context_has_group(const tls_context *context, unsigned group);

#endif
