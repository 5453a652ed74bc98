/* internal.h - the state that the tls12 files share.
 *
 * The message filter. BearSSL's handshake code is run as a machine over whole, clear handshake
 * messages:
 *
 *   wire ── record.c ── input.c ─── inspect ── decide ── feed ──▶ BearSSL
 *   wire ◀─ record.c ── output.c ◀─ note, rewrite ◀──────── pump ── BearSSL
 *
 * - Every message is parsed by us first: it is checked, reported as a stage, and what must be
 * decided is asked before BearSSL sees it. So `select`, `session_load`, `verify`,
 * `client_certificate` and `decrypt` simply wait. Only `sign` is asked by BearSSL in the middle of
 * its work; there the engine is put back to where it was before that work, and replayed when the
 * signature is there.
 * - BearSSL never protects records: as soon as it has set up keys at a ChangeCipherSpec, they are
 * moved to the connection's record layer and BearSSL goes on in the clear. Finished is seen like
 * any other message, application data never touches BearSSL's buffers, and after the handshake all
 * of this is freed.
 * - One true transcript: `transcript` hashes the messages as they stand on the wire and is copied
 * over BearSSL's before every entry, so a message may be rewritten between the two.
 *
 * All knowledge of BearSSL's struct br_ssl_engine_context is in the tls12 files. */
#ifndef TLS12_INTERNAL_H
#define TLS12_INTERNAL_H

#include <bearssl.h>

#include "crypto/ffdhe.h"
#include "handshake/handshake.h"
#include "tls12/engine.h"
#include "wire/message.h"
#include "key/signature.h"

/* BearSSL's own record buffers, used by the handshake only. The input may be small, since records
 * in the clear are taken in pieces; the output holds one ServerHello…ServerHelloDone flight
 * usually. */
#define TLS12_INPUT_LENGTH 1024
#define TLS12_OUTPUT_LENGTH 4096

/* The first suite of BearSSL's own list, TLS_RSA_WITH_3DES_EDE_CBC_SHA: what a server's BearSSL
 * believes that both sides have, and a client's that it offers. It is never used for that
 * (tls12/server.c, shown_suites; tls12/setup.c, set_suites). */
#define TLS12_SHOWN_SUITE BR_TLS_RSA_WITH_3DES_EDE_CBC_SHA

enum tls12_phase {
    TLS12_READ,   /* wait for a message */
    TLS12_DECIDE, /* a message was inspected and reported; decide what hangs on it */
    TLS12_FEED,   /* give it to BearSSL */
    TLS12_PUMP    /* take what BearSSL has to say; also where a replay begins */
};

/* Where a replay enters BearSSL again. */
enum tls12_entry { TLS12_ENTRY_NONE, TLS12_ENTRY_RECEIVED, TLS12_ENTRY_SENT };

enum tls12_sign {
    TLS12_SIGN_NONE,
    TLS12_SIGN_WANTED,  /* BearSSL asked; the engine was put back */
    TLS12_SIGN_LOCAL,   /* the credential's own key is to sign in the replay */
    TLS12_SIGN_ANSWERED /* `signature` is to be used in the replay */
};

typedef union tls12_bearssl {
    br_ssl_client_context client;
    br_ssl_server_context server;
} tls12_bearssl;

/* A DHE key exchange: tls12/dhe.c. Numbers are big-endian and begin with no zero, but for `share`,
 * which has the prime's length. */
typedef struct tls12_dhe {
    unsigned group; /* of RFC 7919; 0: the server's own */
    unsigned bits;  /* of the prime */
    size_t prime_length, generator_length, secret_length;
    unsigned char prime[TLS_FFDHE_MAXIMUM], generator[TLS_FFDHE_MAXIMUM];
    unsigned char exponent[TLS_FFDHE_EXPONENT_MAXIMUM];
    unsigned char share[TLS_FFDHE_MAXIMUM];  /* ours */
    unsigned char secret[TLS_FFDHE_MAXIMUM]; /* the premaster secret, once it is known */
} tls12_dhe;

/* Our list of what can be done is longer than BearSSL's. */
#define TLS12_SUITES_MAXIMUM 64

/* A credential's leaf may stand in several contexts; the engine keeps its own references. */
typedef struct tls12_engine {
    /* BearSSL calls back with a pointer to one of these vtable pointers; they lead back here. */
    struct {
        const br_x509_class *vtable;
        struct tls12_engine *engine;
        br_x509_pkey key;
        unsigned usages;
        int known;
    } x509;
    struct {
        const br_ssl_server_policy_class *vtable;
        struct tls12_engine *engine;
    } policy;
    struct {
        const br_ssl_client_certificate_class *vtable;
        struct tls12_engine *engine;
    } client_certificate;
    struct {
        const br_ssl_session_cache_class *vtable;
        struct tls12_engine *engine;
    } cache;

    tls_handshake *handshake;
    tls12_bearssl bearssl;
    int running;          /* bearssl has been set up */
    int sealing, opening; /* this handshake's keys are in use: our ChangeCipherSpec was sent, the
                             peer's came */
    enum tls12_phase phase;
    tls_bytes message;  /* being worked on: the front of connection->handshake_in */
    unsigned rank;      /* of the last message received: order is strictly rising */
    unsigned told_rank; /* the same, but for a message that is still looked at: for state() */
    br_multihash_context transcript;
    int lent_hash; /* 0, or what BearSSL is to find in its copy too: its implementation of the hash
                      that a ServerKeyExchange is signed with */
    tls_buffer messages; /* what is hashed there, where it may be signed itself: transcript.c */
    tls_buffer written;  /* handshake bytes BearSSL wrote, not yet whole messages */
    int in_message;      /* BearSSL has had a part of the message being fed */
    int adopted; /* a client's ClientHello was sent by the TLS 1.3 engine, which offered both */

    /* The replay. */
    tls12_bearssl *snapshot;
    enum tls12_entry entry;
    size_t entry_length;
    int suspended;
    enum tls12_sign sign;
    int sign_failed;
    enum tls_reason choice_failed; /* what BearSSL cannot be told: why no credential was taken */
    int sign_hash;
    unsigned sign_scheme;
    unsigned char digest[64];
    size_t digest_length;
    tls_buffer content; /* what the digest is of, where `sign` is asked or Ed25519 signs it */
    tls_buffer signature;

    /* Decided. */
    int asked; /* bits of tls12/client.c / tls12/server.c: what was asked about this message */
    tls_verdict verdict;
    unsigned version_highest; /* that this side could do */
    br_x509_certificate *chain;
    uint16_t usable[TLS12_SUITES_MAXIMUM]; /* those that can be done and the versions allow */
    size_t usable_count;
    const char *alpn_names[1]; /* the one that `select` chose */
    tls_session *resume;       /* what is offered (client) or found (server) */
    unsigned suite;            /* a server's choice, where BearSSL is shown another */
    tls12_dhe *dhe;            /* NULL: the exchange is BearSSL's own */
    br_ec_impl arithmetic;     /* tls12/key_agreement.c */
    int bad_point;             /* the peer's was none, or of small order */
    int premaster_known;       /* `decrypt` answered */
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
    /* The scheme that this side signs by beside BearSSL, or 0: see tls12/schemes.c. */
    unsigned own_scheme;
    /* The digest of what the peer signed so, once it is verified. */
    unsigned char verified_digest[TLS_FINGERPRINT_MAXIMUM];
    size_t verified_digest_length;
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

    unsigned char input[TLS12_INPUT_LENGTH];
    unsigned char output[TLS12_OUTPUT_LENGTH];
} tls12_engine;

static inline tls12_engine *
tls12_of(const tls_handshake *h)
{
    return h->engine;
}

static inline br_ssl_engine_context *
tls12_core(tls12_engine *e)
{
    /* The engine is the first member of both. */
    return &e->bearssl.client.eng;
}

/* ---- tls12/transcript.c ---- */
/* tls12_transcript_add hashes a message, and keeps it for tls12_keep_content, which a client calls
 * from inside BearSSL's request for a signature: it fills e->content with what is signed. */
void tls12_transcript_add(tls12_engine *e, tls_bytes message);
void tls12_keep_content(tls12_engine *e);

/* tls12_transcript_digest writes what a client's CertificateVerify signs over the digest that
 * BearSSL made of what it was shown. */
void tls12_transcript_digest(const tls12_engine *e, int hash, unsigned char *digest);

/* ---- tls12/shown.c ---- */
/* tls12_shown_suite: what BearSSL is told of a suite; the suite itself where it knows it. */
unsigned tls12_shown_suite(unsigned suite);
/* tls12_parse_shown reads what BearSSL wrote. */
enum tls_reason tls12_parse_shown(const tls12_engine *e, tls_message *message, tls_bytes raw);
/* tls12_hidden_key_bytes: by how much the key block is longer than the one that BearSSL asks for.
 */
size_t tls12_hidden_key_bytes(const tls12_engine *e);
/* tls12_set_cbc: for an engine inside of an tls12_engine. */
void tls12_set_cbc(br_ssl_engine_context *engine);

/* ---- tls12/dhe.c ---- */
void tls12_dhe_release(tls12_engine *e);
/* tls12_takes_group: whether a suite of this handshake could use the group. */
int tls12_takes_group(const tls12_engine *e, unsigned group);
/* The client's. received takes the server's group and value, answers them, and leaves the premaster
 * secret and the message that BearSSL is shown; write_answer writes ClientKeyExchange.
 * INSUFFICIENT_SECURITY, LIMIT (the group is too long), ILLEGAL_PARAMETER (it is none, or the
 * signature's scheme), HANDSHAKE_FAILURE (the value is out of range), BAD_SIGNATURE, NO_RANDOM. */
enum tls_reason tls12_dhe_received(tls12_engine *e, const tls_server_key_exchange *exchange);
enum tls_reason tls12_dhe_write_answer(const tls12_engine *e, tls_buffer *out);
/* The server's. group: the one that goes with what the client says, or 0; choose makes the key
 * pair; write_params writes what is signed behind both randoms; write_exchange puts them in place
 * of what BearSSL wrote; answered takes the client's value, and leaves the same as the client's
 * received. */
int tls12_names_finite_groups(const tls12_engine *e);
unsigned tls12_dhe_group(const tls12_engine *e);
/* tls12_dhe_groups: the list in which the server's groups for DHE stand, others among them: the
 * context's, or, where that has none, a default's. Returns their number. */
size_t tls12_dhe_groups(const tls12_engine *e, const uint16_t **groups);
enum tls_reason tls12_dhe_choose(tls12_engine *e, unsigned group);
void tls12_dhe_write_params(const tls12_engine *e, tls_buffer *out);
enum tls_reason tls12_dhe_write_exchange(
    tls12_engine *e, const tls_message *shown, tls_buffer *out);
enum tls_reason tls12_dhe_answered(tls12_engine *e, tls_bytes share);

/* ---- tls12/exporter.c ---- */
enum tls_reason tls12_export(const tls_host *host, int early, unsigned char *out, size_t length,
    const char *label, const tls_bytes *context);
enum tls_reason tls12_unique(const tls_host *host, tls_bytes *binding);

/* ---- tls12/setup.c ---- */
/* tls12_start sets up what client and server have in common, from the template. */
enum tls_reason tls12_start(tls12_engine *e);

/* ---- tls12/choice.c ---- */
extern const br_ssl_server_policy_class tls12_policy_class;
/* tls12_params_digest hashes what ServerKeyExchange signs, both randoms and the parameters: by MD5
 * and SHA-1 for the hash 0. Returns the digest's length. */
size_t tls12_params_digest(
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], int hash, tls_bytes content);
/* tls12_nothing_in_common explains why a server's choice failed. */
enum tls_reason tls12_nothing_in_common(tls12_engine *e);

/* ---- tls12/session.c ---- */
extern const br_ssl_session_cache_class tls12_cache_class;
/* tls12_finish makes the session and keeps what outlives the engine. */
enum tls_reason tls12_finish(tls12_engine *e);
/* Both keep a session for resumption if it may be resumed here and now. One that was found by its
 * ID must have that ID. */
void tls12_use_stored_session(tls12_engine *e, tls_session *session, const tls_client_hello *hello);
/* tls12_shown_resumed: the suite in whose place BearSSL is shown another, when it resumes. */
uint16_t tls12_shown_resumed(unsigned id);
void tls12_use_ticket(tls12_engine *e, const tls_client_hello *hello);
/* tls12_server_send_ticket puts NewSessionTicket into the flight. */
enum tls_reason tls12_server_send_ticket(tls12_engine *e);

/* ---- tls12/filter.c ---- */
/* tls12_reason: why BearSSL stopped. */
enum tls_reason tls12_reason(tls12_engine *e);

/* tls12_send_own sends a message that BearSSL does not know of: hashed, reported, part of the
 * flight. */
enum tls_reason tls12_send_own(tls12_engine *e, enum tls_stage stage, const tls_message *message);

/* ---- tls12/master.c ---- */
void tls12_set_prf(br_ssl_engine_context *engine, int below_12);
/* tls12_keep_prf_hash drops the other hashes of the transcript, ours and BearSSL's, where no
 * CertificateVerify will come: SHA-384 and SHA-512 of a chain, twice, cost more than the rest of
 * the protocol. (BearSSL finds the MAC's hash there too, so that stays, and e->lent_hash.) */
void tls12_keep_prf_hash(tls12_engine *e, unsigned version, const tls_suite *suite);
/* tls12_note_session_hash hashes the transcript with `pending` behind it. */
void tls12_note_session_hash(tls12_engine *e, tls_bytes pending);

/* ---- tls12/key_agreement.c ---- */
/* tls12_set_key_agreement gives BearSSL's engine arithmetic that looks at the peer's points. */
void tls12_set_key_agreement(tls12_engine *e);
/* tls12_static_agreement is static ECDH with the credential's key: the point becomes the secret. */
uint32_t tls12_static_agreement(tls12_engine *e, unsigned char *data, size_t *length);

/* ---- tls12/schemes.c ---- */
/* tls12_shown_scheme: what BearSSL is shown for it: itself, PKCS#1 for RSA-PSS, ECDSA for Ed25519.
 * tls12_is_beside: for the last two, which are made and verified beside BearSSL. */
unsigned tls12_shown_scheme(unsigned scheme);
int tls12_is_beside(unsigned scheme);
/* tls12_show_ed25519: the key that BearSSL is shown, of which it only has the kind. */
void tls12_show_ed25519(br_x509_pkey *out, const tls_public_key *key);
/* tls12_verify_beside verifies the signature of a ServerKeyExchange, and makes the message that
 * BearSSL is shown. BAD_SIGNATURE, ILLEGAL_PARAMETER (the scheme does not go with the key),
 * OUT_OF_MEMORY. */
enum tls_reason tls12_verify_beside(tls12_engine *e, const tls_server_key_exchange *exchange);
/* The same for a client's CertificateVerify, which signs the transcript. */
enum tls_reason tls12_verify_beside_client(tls12_engine *e, const tls_certificate_verify *verify);
/* tls12_set_verification: for an engine inside of an tls12_engine. */
void tls12_set_verification(br_ssl_engine_context *engine);

/* ---- tls12/client.c and tls12/server.c: the same three jobs ---- */
/* start: the client makes its hello; the server only after it has read one. */
enum tls_reason tls12_client_start(tls12_engine *e);
/* receive: a message from the peer, parsed: check it and note what it says. */
enum tls_reason tls12_client_received(tls12_engine *e, const tls_message *message);
enum tls_reason tls12_server_received(tls12_engine *e, const tls_message *message);
/* decide: ask what hangs on the message, or use the answer; *ready is set when BearSSL may have it.
 */
enum tls_reason tls12_client_decide(tls12_engine *e, int *ready);
enum tls_reason tls12_server_decide(tls12_engine *e, int *ready);
/* tls12_mark_downgrade writes the sentinel of RFC 8446 section 4.1.3 into a server's random when
 * its context could do better than the version that was negotiated. */
void tls12_mark_downgrade(const tls12_engine *e, unsigned char random[TLS_RANDOM_LENGTH]);
/* tls12_server_send_status puts CertificateStatus behind the Certificate that was just sent. */
enum tls_reason tls12_server_send_status(tls12_engine *e);
/* sent: a message that BearSSL wrote; `rewritten` may be filled with what to send instead. */
enum tls_reason tls12_client_sent(tls12_engine *e, const tls_message *m, tls_buffer *rewritten);
enum tls_reason tls12_server_sent(tls12_engine *e, const tls_message *m, tls_buffer *rewritten);
/* rank: where in the order of a handshake a message from the peer stands; 0: nowhere. */
unsigned tls12_client_rank(unsigned type);
unsigned tls12_server_rank(unsigned type);

/* ---- tls12/authentication.c: certificates and signatures, for both sides ---- */
extern const br_x509_class tls12_x509_class;
/* The peer's chain from its Certificate message, and its key for BearSSL. */
enum tls_reason tls12_peer_chain(tls12_engine *e, const tls_certificate_message *message);
/* tls12_use_credential keeps references and makes BearSSL's array. */
enum tls_reason tls12_use_credential(tls12_engine *e, const tls_credential *credential);
/* tls12_do_sign is what both sides' do_sign callbacks call: 0 suspends or fails. */
size_t tls12_do_sign(
    tls12_engine *e, int hash, unsigned char *data, size_t digest_length, size_t room);
/* tls12_decide_sign asks for the signature that a suspended entry wants, or uses the answer. */
enum tls_reason tls12_decide_sign(tls12_engine *e, int *ready);
/* tls12_check_scheme: ILLEGAL_PARAMETER for a scheme of the peer's that was not offered, or not for
 * its key. */
enum tls_reason tls12_check_scheme(const tls12_engine *e, unsigned scheme);

/* tls12_check_old_signature: WRONG_PURPOSE when the peer's key may not sign as below TLS 1.2. */
enum tls_reason tls12_check_old_signature(const tls12_engine *e);

/* What of the context's lists can be done, in their order: BearSSL's engine knows the elliptic
 * groups; finite fields, and every scheme that it has not, are done beside it. Both return how
 * many. */
#define TLS12_GROUPS_MAXIMUM 16
#define TLS12_SCHEMES_MAXIMUM 20
size_t tls12_groups(const tls12_engine *e, uint16_t out[TLS12_GROUPS_MAXIMUM]);
size_t tls12_schemes(const tls12_engine *e, uint16_t out[TLS12_SCHEMES_MAXIMUM]);

#endif
