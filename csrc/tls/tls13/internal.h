/* internal.h - the state that the tls13 files share.
 *
 * One function per state of RFC 8446 appendix A. A state takes a message, asks a question or sends,
 * names the state that comes next, and returns; where it has to wait it is called again:
 *
 *   client  client_start ─▶ wait_server_hello ─▶ wait_encrypted_extensions ─▶
 *           wait_certificate_request ─▶ wait_certificate ─▶ decide_verify ─▶
 *           wait_certificate_verify ─▶ wait_finished ─▶ decide_certificate ─▶ sign ─▶
 *           client_finish
 *   server  server_start ─▶ choose ─▶ [wait_client_hello ─▶ choose] ─▶ decide_early_data ─▶
 *           flight ─▶ sign ─▶ finish_flight ─▶ [wait_end_of_early_data] ─▶
 *           [wait_client_certificate ─▶ decide_verify ─▶ wait_certificate_verify] ─▶
 *           wait_finished ─▶ send_tickets
 *
 * The transcript has every message as it was received or sent. A message is first checked, then
 * reported as a stage, then added to the transcript; keys change only where nothing waits in the
 * reassembly buffer (section 5.1). */
#ifndef TLS13_INTERNAL_H
#define TLS13_INTERNAL_H

#include "handshake/ech.h"
#include "handshake/handshake.h"
#include "tls13/engine.h"
#include "crypto/key_exchange.h"
#include "wire/message.h"
#include "record/record_protection.h"
#include "key/signature.h"
#include "tls13/traffic.h"

/* A client offers its own PSK before the session's, an imported one for each hash; a server looks
 * at no more identities than this.
 */
#define TLS13_PSKS_OFFERED 3
#define TLS13_PSKS_LOOKED_AT 8
#define TLS13_SHARES_MAXIMUM 4

typedef struct tls13_engine tls13_engine;
/* A state has a name, for traces and errors. */
typedef struct tls13_state {
    const char *name;
    enum tls_reason (*run)(tls13_engine *e, enum tls_progress *progress);
} tls13_state;
#define TLS13_STATE(function) ((tls13_state){#function, function})

typedef struct tls13_psk {
    const br_hash_class *hash;
    unsigned char key[TLS_PSK_MAXIMUM];
    size_t key_length;
    int external;
    int imported; /* external, by RFC 9258: the identity is an ImportedIdentity */
    tls_buffer identity;
} tls13_psk;

struct tls13_engine {
    tls_handshake *handshake;
    tls13_state state;
    tls_bytes message; /* being worked on: the front of what came */

    const tls_suite *suite;
    const br_hash_class *hash;
    tls_transcript transcript;
    tls_key_schedule schedule;
    unsigned char client_secret[TLS_SECRET_MAXIMUM]; /* handshake traffic secrets */
    unsigned char server_secret[TLS_SECRET_MAXIMUM];
    unsigned char early_secret[TLS_SECRET_MAXIMUM], early_exporter[TLS_SECRET_MAXIMUM];

    /* Hellos. */
    unsigned char session_id[TLS_SESSION_ID_MAXIMUM];
    size_t session_id_length;
    unsigned char grease[5]; /* random, so that a second ClientHello has the same values */
    tls_key_exchange_key shares[TLS13_SHARES_MAXIMUM];
    size_t share_count;
    unsigned group; /* server: chosen; client: what HelloRetryRequest names; 0 */
    int retried;
    int compatibility_sent; /* the ChangeCipherSpec for middleboxes */
    tls_buffer cookie;

    /* Encrypted ClientHello (RFC 9849). While a client does not know which of its hellos the server
     * uses, the transcript above is the inner one's and this the outer one's, from malloc. */
    tls_transcript *outer_transcript;
    size_t wire_length; /* server: of the outer hello, in whose place e->message is the inner one */

    /* Pre-shared keys: the client's offers, or the server's one. */
    tls13_psk psks[TLS13_PSKS_OFFERED];
    size_t psk_count;
    size_t psk_index; /* server: the identity being looked at, then the one chosen */
    int psk_selected;
    int psk_asked;       /* what the application was asked about the identity looked at */
    int psk_chosen;      /* server: all identities were looked at */
    tls_session *resume; /* offered, or found */
    uint32_t ticket_age; /* server: milliseconds, as the client says */

    /* Authentication. The states that both sides share go on with these. */
    tls13_state after_sign, after_peer;
    int certificate_requested;      /* by the server, of the client */
    tls_buffer certificate_request; /* client: the message, for `client_certificate` */
    unsigned char request_context[255];
    size_t request_context_length;
    tls_buffer peer_schemes; /* what the peer can verify: 16-bit values as on the wire */
    int staple;              /* server: the client asked for an OCSP response */
    unsigned compression;    /* of our Certificate (RFC 8879), or 0 */
    tls_buffer certificate;  /* the peer's message, where it came compressed */
    unsigned sign_scheme;
    unsigned char content[TLS_CERTIFICATE_VERIFY_CONTENT_MAXIMUM]; /* what is signed, its hash */
    size_t content_length;
    unsigned char digest[64];
    size_t digest_length;
    tls_buffer signature;

    unsigned tickets_left;
};

/* tls13_is_late: this engine lives for one authentication after the handshake. */
static inline int
tls13_is_late(const tls13_engine *e)
{
    return e->handshake->purpose == TLS_LATE_AUTHENTICATION;
}

static inline tls13_engine *
tls13_of(const tls_handshake *h)
{
    return h->engine;
}

/* ---- tls13/engine.c ---- */
/* tls13_next takes the next message, of one of the types in `awaited`: e->message is empty, and
 * *progress BLOCKED, while there is none. */
enum tls_reason tls13_next(
    tls13_engine *e, uint32_t awaited, tls_message *message, enum tls_progress *progress);
/* tls13_report reports e->message as a stage; tls13_consume adds it to the transcript and drops it.
 */
enum tls_reason tls13_report(tls13_engine *e, enum tls_stage stage);
void tls13_consume(tls13_engine *e);
/* tls13_send hashes, reports and queues a message, and releases the buffer. */
enum tls_reason tls13_send(tls13_engine *e, enum tls_stage stage, tls_buffer *raw);
/* tls13_use_suite sets suite, hash and the transcript's hash. */
void tls13_use_suite(tls13_engine *e, const tls_suite *suite);
/* tls13_derive derives a secret from the transcript so far and writes its key log line. */
enum tls_reason tls13_derive(tls13_engine *e, unsigned char *out, enum tls_secret secret);
/* Handshake Secret from what was agreed, and both handshake traffic secrets. */
enum tls_reason tls13_handshake_secrets(tls13_engine *e, tls_bytes shared);
/* Master Secret, application traffic secrets and the exporter, into the host's traffic. */
enum tls_reason tls13_application_secrets(tls13_engine *e);
/* tls13_open_with: what is received from now on is under `secret`. UNEXPECTED_MESSAGE when there is
 * more behind e->message in the reassembly buffer. */
enum tls_reason tls13_open_with(tls13_engine *e, const unsigned char *secret);
enum tls_reason tls13_seal_with(tls13_engine *e, const unsigned char *secret);
enum tls_reason tls13_send_compatibility(tls13_engine *e);
/* tls13_make makes an engine that begins in a state. */
enum tls_reason tls13_make(tls_handshake *h, tls13_state state);
/* tls13_wipe_shares forgets all key shares: when the secret is there, nobody wants the others. */
void tls13_wipe_shares(tls13_engine *e);
/* tls13_end keeps what outlives the engine. */
enum tls_reason tls13_end(tls13_engine *e, enum tls_progress *progress);

/* ---- tls13/post_handshake.c ---- */
/* Members of tls13_class: see engine.h. */
uint32_t tls13_awaits(const tls_host *host);
enum tls_reason tls13_message(tls_host *host, tls_bytes raw, int *renegotiate);
enum tls_reason tls13_before_write(tls_host *host);
uint64_t tls13_records_left(const tls_host *host);
enum tls_reason tls13_update_keys(tls_host *host, int request);
enum tls_reason tls13_request_certificate(tls_host *host);
int tls13_requests_certificate(const tls_host *host);
enum tls_reason tls13_request_ticket(tls_host *host);

/* ---- tls13/exporter.c ---- */
enum tls_reason tls13_export(const tls_host *host, int early, unsigned char *out, size_t length,
    const char *label, const tls_bytes *context);
enum tls_reason tls13_unique(const tls_host *host, tls_bytes *binding);

/* ---- tls13/ech_confirmation.c ---- */
/* tls13_ech_confirmation computes what says that the inner hello is used (RFC 9849 section 7.2):
 * from the transcript before `message`, a ServerHello or HelloRetryRequest of which the bytes at
 * `position` count as zeros, and the inner hello's random. */
void tls13_ech_confirmation(const tls_transcript *before,
    unsigned char out[TLS_ECH_CONFIRMATION_LENGTH], const unsigned char *random, int is_retry,
    tls_bytes message, size_t position);
/* tls13_ech_confirm writes it into a message that is about to be sent. */
void tls13_ech_confirm(const tls13_engine *e, tls_buffer *message, int is_retry, size_t position);

/* ---- tls13/client_ech.c ---- */
/* tls13_ech_begin decides whether the first hello is encrypted, or looks so. */
enum tls_reason tls13_ech_begin(tls13_engine *e);
/* tls13_ech_send sends both hellos in one. */
enum tls_reason tls13_ech_send(tls13_engine *e);
/* tls13_ech_judge: whether the server uses the inner hello, by its first answer, and by its
 * ServerHello once more; the suite is known. From then on there is but one hello. */
enum tls_reason tls13_ech_judge(tls13_engine *e, const tls_server_hello *hello);
/* tls13_ech_reject goes on with the outer hello. */
void tls13_ech_reject(tls13_engine *e);
/* tls13_ech_retry_configs takes what EncryptedExtensions say. */
enum tls_reason tls13_ech_retry_configs(tls13_engine *e, tls_bytes extensions);

/* ---- tls13/client_hello.c ---- */
/* tls13_build_client_hello builds the hello of h->ech's form; the binders of an inner one are left
 * for tls13_fill_binders. */
enum tls_reason tls13_build_client_hello(tls13_engine *e, tls_buffer *hello);
void tls13_fill_binders(const tls13_engine *e, tls_buffer *hello);
enum tls_reason tls13_send_client_hello(tls13_engine *e);
/* tls13_write_compression writes compress_certificate, of a CertificateRequest too (RFC 8879
 * section 3). */
void tls13_write_compression(const tls_context *context, tls_buffer *extensions);

/* ---- tls13/psk.c ---- */
/* tls13_set_psk fills a PSK of a session or an external one. */
enum tls_reason tls13_set_psk(
    tls13_psk *psk, const br_hash_class *hash, tls_bytes key, tls_bytes identity, int external);
/* tls13_import_psk fills a PSK imported from an external one, for the identity's target (RFC 9258);
 * ILLEGAL_PARAMETER for an identity that is no ImportedIdentity for TLS 1.3. */
enum tls_reason tls13_import_psk(tls13_psk *psk, tls_bytes key, int hash, tls_bytes identity);
void tls13_clear_psk(tls13_psk *psk);
/* tls13_binder computes the binder of a PSK over a ClientHello cut short before its binders. */
void tls13_binder(
    const tls13_engine *e, unsigned char *out, const tls13_psk *psk, tls_bytes truncated);
/* tls13_early_secrets: the early traffic secret and the early exporter of a PSK, from the
 * transcript with the ClientHello. */
enum tls_reason tls13_early_secrets(tls13_engine *e, const tls13_psk *psk);
/* tls13_use_psk notes what the PSK that was selected says of the peer: its session's knowledge, or
 * its identity. */
enum tls_reason tls13_use_psk(tls13_engine *e, const tls13_psk *psk);

/* ---- tls13/client.c, tls13/server.c: where each begins ---- */
enum tls_reason tls13_client_start(tls13_engine *e, enum tls_progress *progress);
enum tls_reason tls13_server_start(tls13_engine *e, enum tls_progress *progress);
/* The client's answer to a CertificateRequest and to the server's Finished (tls13/client_answer.c);
 * the server's wait for it. */
enum tls_reason tls13_decide_certificate(tls13_engine *e, enum tls_progress *progress);
enum tls_reason tls13_client_finish(tls13_engine *e, enum tls_progress *progress);
enum tls_reason tls13_wait_client_certificate(tls13_engine *e, enum tls_progress *progress);
/* tls13_take_request keeps what a CertificateRequest says. */
enum tls_reason tls13_take_request(tls13_engine *e, const tls_certificate_request_message *request);
/* ---- tls13/server_flight.c ---- */
enum tls_reason tls13_send_server_hello(tls13_engine *e);
/* `hello` is the client's. */
enum tls_reason tls13_send_encrypted_extensions(tls13_engine *e);
enum tls_reason tls13_send_certificate_request(tls13_engine *e);
/* tls13_write_request makes a CertificateRequest with this context, which the answer must have. */
enum tls_reason tls13_write_request(tls13_engine *e, tls_buffer *raw, tls_bytes request_context);

/* ---- tls13/server_choice.c ---- */
enum tls_reason tls13_choose_psk(tls13_engine *e, enum tls_progress *progress);
/* tls13_check_binder: BAD_FINISHED when the client does not prove that it has the PSK. */
enum tls_reason tls13_check_binder(tls13_engine *e, const tls_client_hello *hello);
int tls13_may_use_psks(const tls13_engine *e, const tls_client_hello *hello);
enum tls_reason tls13_choose_alpn(tls13_engine *e, const tls_client_hello *hello);
enum tls_reason tls13_choose_group(
    tls13_engine *e, const tls_client_hello *hello, tls_bytes *share);
enum tls_reason tls13_choose_credential(tls13_engine *e, const tls_client_hello *hello);
const tls_suite *tls13_choose_suite(const tls13_engine *e, const tls_client_hello *hello,
    const br_hash_class *hash, unsigned preferred);
/* tls13_early_data_possible asks about everything that does not need the application to decide;
 * tls13_claim_early_data uses the ticket up for it, and returns 0 when somebody else already has.
 */
int tls13_early_data_possible(const tls13_engine *e);
int tls13_claim_early_data(const tls13_engine *e);

/* ---- tls13/certificate_type.c: X.509 certificates or raw public keys (RFC 7250) ---- */
/* tls13_own_type, tls13_peer_type: what was agreed; in a late authentication, in the handshake. */
unsigned tls13_own_type(const tls13_engine *e);
unsigned tls13_peer_type(const tls13_engine *e);
/* The client's offer, the server's choice for the client's certificate, both extensions of
 * EncryptedExtensions, and what the client makes of them. */
void tls13_offer_types(const tls13_engine *e, tls_buffer *extensions);
enum tls_reason tls13_choose_client_type(tls13_engine *e, const tls_client_hello *hello);
void tls13_write_types(const tls13_engine *e, tls_buffer *extensions);
enum tls_reason tls13_take_types(tls13_engine *e, tls_bytes extensions);
/* tls13_asks_client: whether a server's first flight asks for a certificate (section 4.3.2: not
 * beside a PSK), of a type that both sides have. */
int tls13_asks_client(const tls13_engine *e);
/* tls13_may_show_type: the server has it among its own, and the client takes it. */
int tls13_may_show_type(const tls13_engine *e, const tls_client_hello *hello, unsigned type);
/* tls13_fits_type: could the credential be shown as what was agreed? */
int tls13_takes_type(const tls13_engine *e, unsigned type); /* of the peer's certificate */
int tls13_fits_type(const tls13_engine *e, const tls_credential *credential);
enum tls_reason tls13_no_common_type(tls13_engine *e);
/* tls13_write_raw_key appends the credential's SubjectPublicKeyInfo; tls13_take_raw_key keeps the
 * peer's. */
enum tls_reason tls13_write_raw_key(tls_buffer *out, const tls_credential *credential);
enum tls_reason tls13_take_raw_key(tls13_engine *e, const tls_certificate_message *message);

/* ---- tls13/authentication.c: Certificate, CertificateVerify and Finished, both ways ---- */
enum tls_reason tls13_send_certificate(tls13_engine *e);
/* tls13_certificate_types: as what the peer may send its chain, a mask. */
uint32_t tls13_certificate_types(const tls_host *host);
/* tls13_next_certificate is tls13_next for a Certificate, or one of `others`. Where the message
 * came compressed, `message` has what it was before, and e->message what came (RFC 8879 section 4).
 */
enum tls_reason tls13_next_certificate(
    tls13_engine *e, uint32_t others, tls_message *message, enum tls_progress *progress);
/* tls13_pick_scheme: the first of our schemes that the peer verifies and the credential can do; 0:
 * none. */
unsigned tls13_pick_scheme(const tls13_engine *e, const tls_credential *credential);
/* tls13_sign is the state that asks for, or makes, the signature of CertificateVerify and sends it;
 * then comes e->after_sign. */
enum tls_reason tls13_sign(tls13_engine *e, enum tls_progress *progress);
enum tls_reason tls13_send_finished(tls13_engine *e, const unsigned char *base_key);
enum tls_reason tls13_receive_certificate(tls13_engine *e, const tls_certificate_message *message);
/* tls13_decide_verify is the state in which the peer's chain is judged; after it, and
 * CertificateVerify, comes e->after_peer. */
enum tls_reason tls13_decide_verify(tls13_engine *e, enum tls_progress *progress);
enum tls_reason tls13_receive_finished(
    tls13_engine *e, tls_bytes verify_data, const unsigned char *base_key);

/* ---- tls13/post_handshake.c ---- */
/* tls13_authenticated: the client's late Finished was right, or it declined. */
enum tls_reason tls13_authenticated(tls13_engine *e, enum tls_progress *progress);

/* ---- tls13/ticket.c ---- */
/* tls13_send_new_ticket queues a NewSessionTicket; *session is the session behind it, for the
 * caller to release, or NULL when none could be given. */
enum tls_reason tls13_send_new_ticket(tls_host *host, tls_facts *facts, tls_session **session);
enum tls_reason tls13_receive_ticket(tls_host *host, tls_bytes raw);

#endif
