/* engine12_internal.h - the state that the engine12_*.c files share.
 *
 * The message filter. BearSSL's handshake code is run as a machine over whole, clear handshake messages:
 *
 *   wire ── record.c ── transfer.c ── inspect ── decide ── feed ──▶ BearSSL
 *   wire ◀─ record.c ── transfer.c ◀─ note, rewrite ◀─────── pump ── BearSSL
 *
 * - Every message is parsed by us first: it is checked, reported as a stage, and what must be decided is
 *   asked before BearSSL sees it. So `select`, `session_load`, `verify`, `client_certificate` and
 *   `decrypt` simply wait. Only `sign` is asked by BearSSL in the middle of its work; there the engine
 *   is put back to where it was before that work, and replayed when the signature is there.
 * - BearSSL never protects records: as soon as it has set up keys at a ChangeCipherSpec, they are moved
 *   to the connection's record layer and BearSSL goes on in the clear. Finished is seen like any other
 *   message, application data never touches BearSSL's buffers, and after the handshake all of this is
 *   freed.
 * - One true transcript: `transcript` hashes the messages as they stand on the wire and is copied over
 *   BearSSL's before every entry, so a message may be rewritten between the two.
 *
 * All knowledge of BearSSL's struct br_ssl_engine_context is in the engine12*.c files. */
#ifndef TLS_ENGINE12_INTERNAL_H
#define TLS_ENGINE12_INTERNAL_H

#include <bearssl.h>

#include "connection.h"
#include "engine12.h"
#include "message.h"
#include "negotiation.h"
#include "signature.h"

/* BearSSL's own record buffers, used by the handshake only. The input may be small, since records in
 * the clear are taken in pieces; the output holds one ServerHello…ServerHelloDone flight usually. */
#define ENGINE12_INPUT_LENGTH 1024
#define ENGINE12_OUTPUT_LENGTH 4096

enum engine12_phase {
    ENGINE12_START,  /* nothing happened yet */
    ENGINE12_READ,   /* wait for a message */
    ENGINE12_DECIDE, /* a message was inspected and reported; decide what hangs on it */
    ENGINE12_FEED,   /* give it to BearSSL */
    ENGINE12_PUMP    /* take what BearSSL has to say; also where a replay begins */
};

/* Where a replay enters BearSSL again. */
enum engine12_entry { ENGINE12_ENTRY_NONE, ENGINE12_ENTRY_RECEIVED, ENGINE12_ENTRY_SENT };

enum engine12_sign {
    ENGINE12_SIGN_NONE,
    ENGINE12_SIGN_WANTED,  /* BearSSL asked; the engine was put back */
    ENGINE12_SIGN_LOCAL,   /* the credential's own key is to sign in the replay */
    ENGINE12_SIGN_ANSWERED /* `signature` is to be used in the replay */
};

typedef union engine12_bearssl {
    br_ssl_client_context client;
    br_ssl_server_context server;
} engine12_bearssl;

/* A credential's leaf may stand in several contexts; the engine keeps its own references. */
typedef struct engine12 {
    /* BearSSL calls back with a pointer to one of these vtable pointers; they lead back here. */
    struct {
        const br_x509_class *vtable;
        struct engine12 *engine;
        br_x509_pkey key;
        unsigned usages;
        int known;
    } x509;
    struct {
        const br_ssl_server_policy_class *vtable;
        struct engine12 *engine;
    } policy;
    struct {
        const br_ssl_client_certificate_class *vtable;
        struct engine12 *engine;
    } client_certificate;
    struct {
        const br_ssl_session_cache_class *vtable;
        struct engine12 *engine;
    } cache;

    tls_connection *connection;
    engine12_bearssl bearssl;
    int running; /* bearssl has been set up */
    int sealing, opening; /* this handshake's keys are in use: our ChangeCipherSpec was sent, the peer's came */
    enum engine12_phase phase;
    tls_bytes message; /* being worked on: the front of connection->handshake_in */
    unsigned rank;     /* of the last message received: order is strictly rising */
    br_multihash_context transcript;
    tls_buffer written; /* handshake bytes BearSSL wrote, not yet whole messages */
    int in_message;     /* BearSSL has had a part of the message being fed */
    int adopted;        /* a client's ClientHello was sent by the TLS 1.3 engine, which offered both */

    /* The replay. */
    engine12_bearssl *snapshot;
    enum engine12_entry entry;
    size_t entry_length;
    int suspended;
    enum engine12_sign sign;
    int sign_failed;
    int sign_hash;
    unsigned sign_scheme;
    unsigned char digest[64];
    size_t digest_length;
    tls_buffer signature;

    /* Decided. */
    int asked; /* bits of engine12_client.c / engine12_server.c: what was asked about this message */
    tls_verdict verdict;
    tls_terms terms;
    unsigned version_highest; /* that this side could do */
    br_x509_certificate *chain;
    uint16_t usable[BR_MAX_CIPHER_SUITES]; /* those that BearSSL has and the versions allow */
    size_t usable_count;
    const char *alpn_names[1]; /* the one that `select` chose */
    tls_session *resume;  /* what is offered (client) or found (server) */
    int premaster_known;  /* `decrypt` answered */
    int premaster_valid;
    unsigned char premaster[48];
    int certificate_requested;

    /* Extended master secret (RFC 7627): negotiated; the session hash once it is known; a client's
     * premaster secret until then. */
    int extended;
    unsigned char session_hash[64];
    size_t session_hash_length;
    unsigned char premaster_kept[80];
    size_t premaster_kept_length;
    unsigned char key_block[192]; /* BearSSL's largest: AES-256-CBC with HMAC-SHA-384 */
    size_t key_block_length;
    /* What BearSSL is fed instead of `message`, when it must not see all of it. */
    tls_buffer replacement;
    /* What a server signed with RSA-PSS, once it is verified: engine12_pss.c. */
    unsigned char pss_digest[TLS_FINGERPRINT_MAXIMUM];
    size_t pss_digest_length;
    /* OCSP stapling (RFC 6066 section 8). */
    int status_agreed;
    int verify_due; /* the client judges the chain only when CertificateStatus could have come */
    /* Tickets (RFC 5077). */
    int ticket_agreed; /* a NewSessionTicket is due before the server's ChangeCipherSpec */
    int ticket_seen;
    tls_buffer ticket; /* the client's new one */
    uint32_t ticket_lifetime;
    unsigned char offered_id[TLS_SESSION_ID_MAXIMUM];
    size_t offered_id_length;

    unsigned char input[ENGINE12_INPUT_LENGTH];
    unsigned char output[ENGINE12_OUTPUT_LENGTH];
} engine12;

static inline engine12 *
engine12_of(const tls_connection *c)
{
    return c->engine;
}

static inline br_ssl_engine_context *
engine12_core(engine12 *e)
{
    /* The engine is the first member of both. */
    return &e->bearssl.client.eng;
}

/* ---- engine12_setup.c ---- */
/* engine12_start sets up what client and server have in common, from the template. */
enum tls_reason engine12_start(engine12 *e);

/* ---- engine12_choice.c ---- */
extern const br_ssl_server_policy_class engine12_policy_class;

/* ---- engine12_session.c ---- */
extern const br_ssl_session_cache_class engine12_cache_class;
/* engine12_finish makes the session and keeps what outlives the engine. */
enum tls_reason engine12_finish(engine12 *e);
/* Both keep a session for resumption if it may be resumed here and now. One that was found by its ID must
 * have that ID. */
void engine12_use_stored_session(
    engine12 *e, tls_session *session, const tls_client_hello *hello);
void engine12_use_ticket(engine12 *e, const tls_client_hello *hello);
/* engine12_server_send_ticket puts NewSessionTicket into the flight. */
enum tls_reason engine12_server_send_ticket(engine12 *e);

/* ---- engine12.c ---- */
/* engine12_reason: why BearSSL stopped. */
enum tls_reason engine12_reason(engine12 *e);


/* engine12_send_own sends a message that BearSSL does not know of: hashed, reported, part of the flight. */
enum tls_reason engine12_send_own(engine12 *e, enum tls_stage stage, const tls_message *message);

/* ---- engine12_master.c ---- */
void engine12_set_prf(br_ssl_engine_context *engine, int below_12);
/* engine12_keep_prf_hash drops the other hashes of the transcript, which an abbreviated handshake has no use
 * for: it has no signature. (BearSSL finds the MAC's hash there too, so that stays.) */
void engine12_keep_prf_hash(engine12 *e);
/* engine12_note_session_hash hashes the transcript with `pending` behind it. */
void engine12_note_session_hash(engine12 *e, tls_bytes pending);

/* ---- engine12_pss.c ---- */
int engine12_is_pss(unsigned scheme);
/* engine12_verify_pss verifies the signature of a ServerKeyExchange, and makes the message that BearSSL is shown.
 * BAD_SIGNATURE, ILLEGAL_PARAMETER (the scheme does not go with the key), OUT_OF_MEMORY. */
enum tls_reason engine12_verify_pss(engine12 *e, const tls_server_key_exchange *exchange);
/* engine12_set_rsa_verification: for a client's engine, inside of an engine12. */
void engine12_set_rsa_verification(br_ssl_engine_context *engine);

/* ---- engine12_client.c and engine12_server.c: the same three jobs ---- */
/* start: the client makes its hello; the server only after it has read one. */
enum tls_reason engine12_client_start(engine12 *e);
/* receive: a message from the peer, parsed: check it and note what it says. */
enum tls_reason engine12_client_received(engine12 *e, const tls_message *message);
enum tls_reason engine12_server_received(engine12 *e, const tls_message *message);
/* decide: ask what hangs on the message, or use the answer; *ready is set when BearSSL may have it. */
enum tls_reason engine12_client_decide(engine12 *e, int *ready);
enum tls_reason engine12_server_decide(engine12 *e, int *ready);
/* engine12_mark_downgrade writes the sentinel of RFC 8446 section 4.1.3 into a server's random when its context could
 * do better than the version that was negotiated. */
void engine12_mark_downgrade(const engine12 *e, unsigned char random[TLS_RANDOM_LENGTH]);
/* engine12_server_send_status puts CertificateStatus behind the Certificate that was just sent. */
enum tls_reason engine12_server_send_status(engine12 *e);
/* sent: a message that BearSSL wrote; `rewritten` may be filled with what to send instead. */
enum tls_reason engine12_client_sent(engine12 *e, const tls_message *m, tls_buffer *rewritten);
enum tls_reason engine12_server_sent(engine12 *e, const tls_message *m, tls_buffer *rewritten);
/* rank: where in the order of a handshake a message from the peer stands; 0: nowhere. */
unsigned engine12_client_rank(unsigned type);
unsigned engine12_server_rank(unsigned type);

/* ---- engine12_authentication.c: certificates and signatures, for both sides ---- */
extern const br_x509_class engine12_x509_class;
/* The peer's chain from its Certificate message, and its key for BearSSL. */
enum tls_reason engine12_peer_chain(engine12 *e, const tls_certificate_message *message);
/* engine12_use_credential keeps references and makes BearSSL's array. */
enum tls_reason engine12_use_credential(engine12 *e, const tls_credential *credential);
/* engine12_do_sign is what both sides' do_sign callbacks call: 0 suspends or fails. */
size_t engine12_do_sign(
    engine12 *e, int hash, unsigned char *data, size_t digest_length, size_t room);
/* engine12_decide_sign asks for the signature that a suspended entry wants, or uses the answer. */
enum tls_reason engine12_decide_sign(engine12 *e, int *ready);
/* engine12_check_scheme: ILLEGAL_PARAMETER for a scheme of the peer's that was not offered, or not for its key. */
enum tls_reason engine12_check_scheme(const engine12 *e, unsigned scheme);

/* What of the context's lists can be done, in their order: BearSSL's engine knows the elliptic groups,
 * and a client takes RSA-PSS besides PKCS#1 and ECDSA. Both return how many. */
#define ENGINE12_GROUPS_MAXIMUM 8
#define ENGINE12_SCHEMES_MAXIMUM 16
size_t engine12_groups(const engine12 *e, uint16_t out[ENGINE12_GROUPS_MAXIMUM]);
size_t engine12_schemes(const engine12 *e, uint16_t out[ENGINE12_SCHEMES_MAXIMUM]);

#endif
