/* peer.h - a scripted TLS 1.3 peer: records, keys and what it hears. It is made of the core's own
 * codec, key schedule and record protection, and of nothing that has a state machine, so it says
 * whatever a test wants, under the keys that belong there. peer_script.h has what it says. */
#ifndef PEER_H
#define PEER_H

#include "connection/internal.h"
#include "crypto/key_exchange.h"
#include "key/signature.h"
#include "record/record_protection.h"
#include "tls13/key_schedule.h"
#include "tls13/transcript.h"
#include "wire/message.h"

typedef struct peer peer;

/* What a test changes in the extensions of one message. */
enum block_change {
    BLOCK_AS_IT_IS,
    BLOCK_WITHOUT,
    BLOCK_REPLACE,
    BLOCK_FIRST,
    BLOCK_LAST,
    BLOCK_RAW /* the data, without a header, before all */
};

typedef struct block_edit {
    char letter; /* of the message, as in a script */
    enum block_change change;
    unsigned type;
    tls_bytes data;
} block_edit;

#define PEER_EDITS_MAXIMUM 4
#define PEER_HEARD_MAXIMUM 400

struct peer {
    tls_connection *victim;
    enum tls_role role; /* of the peer */

    /* The conversation. */
    const tls_suite *suite;
    const br_hash_class *hash;
    tls_transcript transcript, handshake; /* `handshake`: up to the client's Finished */
    tls_key_schedule schedule;
    tls_record_opener opener;
    tls_record_sealer sealer;
    const unsigned char *sealer_next; /* the secret that comes with the next record */
    unsigned char client_handshake[TLS_SECRET_MAXIMUM], server_handshake[TLS_SECRET_MAXIMUM];
    unsigned char client_application[TLS_SECRET_MAXIMUM], server_application[TLS_SECRET_MAXIMUM];
    unsigned char early[TLS_SECRET_MAXIMUM], resumption[TLS_SECRET_MAXIMUM];
    int finished; /* the client's Finished was said: what follows is not of the handshake */
    tls_key_exchange_key share;
    unsigned char shared[TLS_SHARED_SECRET_MAXIMUM]; /* a server: between its share and the keys */
    size_t shared_length;
    unsigned group;   /* of the share; or what a retry names */
    tls_buffer hello; /* the last ClientHello, whoever made it */
    unsigned char session_id[32];
    int retried;
    tls_buffer cookie;
    int requested;      /* a CertificateRequest was heard */
    tls_buffer context; /* its context */

    /* What it has and wants. */
    uint16_t suite_id;
    const tls_certificate *const *chain; /* its own */
    size_t chain_count;
    const tls_private_key *key;
    unsigned scheme;
    unsigned char psk[TLS_PSK_MAXIMUM]; /* of `session` */
    size_t psk_length;
    const tls_session *session; /* a client offers it; a server takes it when `take_psk` */
    int take_psk;
    int without_share; /* a server: no key_share in ServerHello */
    int early_data;    /* a client: offer it; a server: accept it */
    int early_offered; /* a server: the victim offers it */
    int request_update;

    /* How it deviates. */
    block_edit edits[PEER_EDITS_MAXIMUM];
    size_t edit_count;
    void (*edit)(peer *p, char letter, tls_buffer *message); /* the whole message, at last */
    void (*fields)(peer *p, char letter, void *message);     /* the struct it is built from */
    int parameter;                                           /* for these two */
    tls_bytes bytes;                                         /* the same */
    size_t fragment;         /* records of at most so much content; 0: whole */
    unsigned record_version; /* of records in the clear */
    tls_buffer held;

    /* What the victim said. */
    tls_buffer wire, messages;
    char heard[PEER_HEARD_MAXIMUM + 1]; /* letters as in a script; Z: CompressedCertificate */
    size_t heard_count;
    int alert, alert_level, alert_protected, alerts;
    int unreadable;  /* records that the peer could not open */
    int after_alert; /* records that came after an alert */
    size_t change_cipher_specs, data_length;
    tls_buffer ticket; /* the last NewSessionTicket */

    /* What happened in the victim. */
    int victim_had_keys; /* before it was given the last record */
    size_t data_read, early_read;
};

/* ---- Driving the victim ---- */

enum tls_event peer_settle(peer *p);

/* ---- Keys ---- */

void peer_open_with(peer *p, const unsigned char *secret);

void peer_seal_with(peer *p, const unsigned char *secret);

void peer_use_suite(peer *p, unsigned id);

/* peer_transcript_hash: zeros before there is a suite. */
size_t peer_transcript_hash(const peer *p, unsigned char *out);

void peer_derive(peer *p, unsigned char *out, enum tls_secret secret);

void peer_derive_handshake(peer *p, tls_bytes shared);

void peer_derive_application(peer *p);

/* peer_derive_early: from the ClientHello alone, whoever sent it. */
void peer_derive_early(peer *p);

/* ---- Records to the victim ---- */

/* peer_protect appends one record with this inner plaintext: content, its type, zeros. Type 0 and
 * no content make nothing but zeros. */
void peer_protect(peer *p, tls_buffer *out, unsigned type, tls_bytes content, size_t zeros);

void peer_write_in_the_clear(tls_buffer *out, unsigned type, unsigned version, tls_bytes content);

enum tls_event peer_give_buffer(peer *p, tls_buffer *record);

enum tls_event peer_send_record(peer *p, unsigned type, const void *content, size_t length);

enum tls_event peer_send_in_the_clear(peer *p, unsigned type, const void *content, size_t length);

/* peer_send_inner: a protected record with padding. */
enum tls_event peer_send_inner(
    peer *p, unsigned type, const void *content, size_t length, size_t zeros);

/* ---- Records from the victim ---- */

void peer_heard(peer *p, char letter);

/* peer_take_output takes what the victim has to send. */
void peer_take_output(peer *p);

/* ---- Verdicts ---- */

/* peer_refuses: the victim failed for this reason; the alert that RFC 8446 names for it reached the
 * peer, protected where the victim had keys, and nothing after it; and the connection is ended and
 * holds nothing. */
int peer_refuses_with(peer *p, enum tls_reason reason, int alert);

int peer_refuses(peer *p, enum tls_reason reason);

/* peer_goes_on: the victim has found nothing wrong. */
int peer_goes_on(peer *p, int established);

#endif
