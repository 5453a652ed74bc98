/* hostile13.h - a scripted TLS 1.3 peer for the hostile13_*_test.c programs: records, keys and what
 * it hears. It is made of the core's own codec, key schedule and record protection, and of nothing
 * that has a state machine, so it says whatever a test wants, under the keys that belong there.
 * hostile13_script.h has what it says. */
#ifndef HOSTILE13_H
#define HOSTILE13_H

#include "connection/internal.h"
#include "crypto/key_exchange.h"
#include "wire/message.h"
#include "record/record_protection.h"
#include "key/signature.h"
#include "tls13_support.h"

/* What is being tested; checks name it. */
static char current[200];

static inline int
check(int condition, const char *what)
{
    return ok(condition, current, what);
}

static inline void
must(int condition, const char *what)
{
    if (condition)
        return;
    printf("Bail out! %s: %s\n", current, what);
    exit(2);
}

/* ---- The peer ---- */

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
    int holding;             /* messages wait in `held` for the next, to go in one record */
    tls_buffer held;

    /* What the victim said. */
    tls_buffer wire, messages;
    char heard[PEER_HEARD_MAXIMUM + 1]; /* letters as in a script */
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

static inline enum tls_event
settle(peer *p)
{
    enum tls_event event;

    do {
        event = tls_connection_step(p->victim);
        if (event == TLS_EVENT_DATA) {
            size_t length = tls_connection_plaintext(p->victim).length;

            p->data_read += length;
            tls_connection_plaintext_consume(p->victim, length);
        } else if (event == TLS_EVENT_EARLY_DATA) {
            size_t length = tls_connection_early_data(p->victim).length;

            p->early_read += length;
            tls_connection_early_data_consume(p->victim, length);
        }
    } while (
        event != TLS_EVENT_WANT_READ && event != TLS_EVENT_FAILED && event != TLS_EVENT_CLOSED);
    return event;
}

/* give feeds the victim all of it, as far as it takes it. */
static inline enum tls_event
give(peer *p, const void *data, size_t length)
{
    const unsigned char *next = data;
    enum tls_event event = settle(p);

    p->victim_had_keys = p->victim->sealer.protection.vtable != NULL;
    while (length > 0) {
        size_t n = tls_connection_feed(p->victim, next, length);

        if (n == 0)
            break;
        next += n;
        length -= n;
        event = settle(p);
    }
    return event;
}

/* ---- Keys ---- */

static inline void
open_with(peer *p, const unsigned char *secret)
{
    tls_record_opener_protect(&p->opener, &p->victim->context->aead, p->suite, secret);
}

static inline void
seal_with(peer *p, const unsigned char *secret)
{
    if (p->suite != NULL)
        tls_record_sealer_protect(&p->sealer, &p->victim->context->aead, p->suite, secret);
}

static inline void
use_suite(peer *p, unsigned id)
{
    p->suite = tls_suite_find(id);
    must(p->suite != NULL, "the suite is known");
    p->hash = tls_hash_class((int)p->suite->prf_hash);
    tls_transcript_select(&p->transcript, p->hash);
}

/* transcript_hash: zeros before there is a suite. */
static inline size_t
transcript_hash(const peer *p, unsigned char *out)
{
    memset(out, 0, TLS_SECRET_MAXIMUM);
    return p->transcript.selected != NULL ? tls_transcript_hash(&p->transcript, out) : 32;
}

static inline void
derive(peer *p, unsigned char *out, enum tls_secret secret)
{
    unsigned char hash[TLS_SECRET_MAXIMUM];

    /* A script that leaves out a hello has no such secret: zeros will do. */
    transcript_hash(p, hash);
    if (!tls_key_schedule_derive(&p->schedule, out, secret, hash))
        memset(out, 0, TLS_SECRET_MAXIMUM);
}

static inline void
derive_handshake(peer *p, tls_bytes shared)
{
    tls_key_schedule_start(
        &p->schedule, p->hash, tls_bytes_make(p->psk, p->take_psk ? p->psk_length : 0));
    tls_key_schedule_advance(&p->schedule, shared);
    derive(p, p->client_handshake, TLS_SECRET_CLIENT_HANDSHAKE_TRAFFIC);
    derive(p, p->server_handshake, TLS_SECRET_SERVER_HANDSHAKE_TRAFFIC);
}

static inline void
derive_application(peer *p)
{
    tls_key_schedule_advance(&p->schedule, tls_bytes_make(NULL, 0));
    derive(p, p->client_application, TLS_SECRET_CLIENT_APPLICATION_TRAFFIC);
    derive(p, p->server_application, TLS_SECRET_SERVER_APPLICATION_TRAFFIC);
}

/* derive_early: from the ClientHello alone, whoever sent it. */
static inline void
derive_early(peer *p)
{
    const br_hash_class *hash = tls_hash_class((int)tls_suite_find(p->session->suite)->prf_hash);
    unsigned char transcript[TLS_SECRET_MAXIMUM];
    tls_key_schedule early;

    tls_transcript_hash_with(&p->transcript, transcript, hash, tls_bytes_make(NULL, 0));
    tls_key_schedule_start(&early, hash, tls_bytes_make(p->psk, p->psk_length));
    must(tls_key_schedule_derive(&early, p->early, TLS_SECRET_CLIENT_EARLY_TRAFFIC, transcript),
        "the schedule has the early secret");
}

/* ---- Records to the victim ---- */

/* protect appends one record with this inner plaintext: content, its type, zeros. Type 0 and no
 * content make nothing but zeros. */
static inline void
protect(peer *p, tls_buffer *out, unsigned type, tls_bytes content, size_t zeros)
{
    const br_sslrec_out_class **protection = &p->sealer.protection.vtable;
    size_t length = content.length + 1 + zeros;
    unsigned char *memory =
        allocate(TLS_RECORD_HEADER_LENGTH + length + TLS_RECORD_OVERHEAD_MAXIMUM);
    unsigned char *inner = memory + TLS_RECORD_HEADER_LENGTH, *record;

    if (content.length > 0)
        memcpy(inner, content.data, content.length);
    inner[content.length] = (unsigned char)type;
    memset(inner + content.length + 1, 0, zeros);
    record =
        (*protection)
            ->encrypt(protection, TLS_CONTENT_APPLICATION_DATA, TLS_VERSION_12, inner, &length);
    tls_buffer_append(out, record, length);
    free(memory);
}

static inline void
in_the_clear(tls_buffer *out, unsigned type, unsigned version, tls_bytes content)
{
    unsigned char header[TLS_RECORD_HEADER_LENGTH];

    header[0] = (unsigned char)type;
    tls_put16(header + 1, version);
    tls_put16(header + 3, (uint32_t)content.length);
    tls_buffer_append(out, header, sizeof header);
    tls_buffer_append(out, content.data, content.length);
}

/* append_record appends a record under what keys there are. */
static inline void
append_record(peer *p, tls_buffer *out, unsigned type, tls_bytes content)
{
    if (p->sealer.protection.vtable != NULL)
        protect(p, out, type, content, 0);
    else
        in_the_clear(out, type, p->record_version, content);
}

static inline enum tls_event
give_buffer(peer *p, tls_buffer *record)
{
    enum tls_event event = give(p, record->data, record->length);

    tls_buffer_release(record);
    return event;
}

static inline enum tls_event
send_record(peer *p, unsigned type, const void *content, size_t length)
{
    tls_buffer record = {0};

    append_record(p, &record, type, tls_bytes_make(content, length));
    return give_buffer(p, &record);
}

static inline enum tls_event
send_in_the_clear(peer *p, unsigned type, const void *content, size_t length)
{
    tls_buffer record = {0};

    in_the_clear(&record, type, p->record_version, tls_bytes_make(content, length));
    return give_buffer(p, &record);
}

/* send_inner: a protected record with padding. */
static inline enum tls_event
send_inner(peer *p, unsigned type, const void *content, size_t length, size_t zeros)
{
    tls_buffer record = {0};

    protect(p, &record, type, tls_bytes_make(content, length), zeros);
    return give_buffer(p, &record);
}

/* ---- Records from the victim ---- */

static inline void
heard(peer *p, char letter)
{
    if (p->heard_count < PEER_HEARD_MAXIMUM)
        p->heard[p->heard_count++] = letter;
}

/* hear takes one message of the victim: hostile13_script.h knows what it means for the keys. */
static void hear(peer *p, tls_bytes message);

static inline void
take_content(peer *p, unsigned type, int was_protected, tls_bytes content)
{
    unsigned message_type;
    size_t length;

    if (p->alerts > 0 && p->alert != TLS_ALERT_USER_CANCELED)
        p->after_alert++;
    switch (type) {
    case TLS_CONTENT_ALERT:
        must(content.length == 2, "an alert has two bytes");
        p->alerts++;
        p->alert_level = content.data[0];
        p->alert = content.data[1];
        p->alert_protected = was_protected;
        break;
    case TLS_CONTENT_CHANGE_CIPHER_SPEC:
        must(!was_protected && content.length == 1 && content.data[0] == 1,
            "a ChangeCipherSpec is one");
        p->change_cipher_specs++;
        heard(p, 'c');
        break;
    case TLS_CONTENT_APPLICATION_DATA:
        p->data_length += content.length;
        break;
    default:
        tls_buffer_append(&p->messages, content.data, content.length);
        while (tls_message_header(tls_buffer_view(&p->messages), &message_type, &length)) {
            hear(p, tls_bytes_make(p->messages.data, length));
            tls_buffer_consume(&p->messages, length);
        }
        break;
    }
}

static inline void
take_record(peer *p, tls_bytes record)
{
    unsigned char *copy = allocate(record.length), *content;
    size_t length;
    unsigned type;
    int is_protected = record.data[0] == TLS_CONTENT_APPLICATION_DATA;

    memcpy(copy, record.data, record.length);
    if (!is_protected)
        take_content(p, record.data[0], 0,
            tls_bytes_make(
                record.data + TLS_RECORD_HEADER_LENGTH, record.length - TLS_RECORD_HEADER_LENGTH));
    else if (p->opener.protection.vtable != NULL &&
             tls_record_open(&p->opener, &type, &content, &length, copy, record.length) == TLS_OK)
        take_content(p, type, 1, tls_bytes_make(content, length));
    else
        p->unreadable++;
    free(copy);
}

/* take_output takes what the victim has to send. */
static inline void
take_output(peer *p)
{
    for (;;) {
        tls_bytes output = tls_connection_output(p->victim);

        if (output.length == 0)
            return;
        tls_buffer_append(&p->wire, output.data, output.length);
        tls_connection_output_consume(p->victim, output.length);
        while (p->wire.length >= TLS_RECORD_HEADER_LENGTH) {
            size_t length = TLS_RECORD_HEADER_LENGTH + tls_get16(p->wire.data + 3);

            if (p->wire.length < length)
                break;
            take_record(p, tls_bytes_make(p->wire.data, length));
            tls_buffer_consume(&p->wire, length);
        }
        settle(p);
    }
}

/* ---- Verdicts ---- */

/* refuses: the victim failed for this reason; the alert that RFC 8446 names for it reached the
 * peer, protected where the victim had keys, and nothing after it; and the connection is ended and
 * holds nothing. */
static inline int
refuses_with(peer *p, enum tls_reason reason, int alert)
{
    static const unsigned char byte[] = "x";
    unsigned before = failed;
    size_t written, room;
    char text[120];

    sprintf(text, "reason %s, expected %s", tls_reason_code(tls_connection_failure(p->victim)),
        tls_reason_code(reason));
    check(tls_connection_failure(p->victim) == reason, text);
    check(settle(p) == TLS_EVENT_FAILED, "FAILED repeats");
    take_output(p);
    sprintf(text, "alert %d, expected %d", p->alert, alert);
    check(p->alert == alert, text);
    if (alert != TLS_ALERT_NONE) {
        check(p->alerts == 1 && p->alert_level == TLS_ALERT_LEVEL_FATAL,
            "one alert, and a fatal one");
        check(p->alert_protected == p->victim_had_keys,
            "the alert is protected where there are keys");
    }
    check(p->unreadable == 0, "the peer can read all");
    check(p->after_alert == 0 && p->wire.length == 0 && p->messages.length == 0,
        "nothing follows the alert, and nothing is half sent");
    check(tls_connection_write(p->victim, &written, byte, 1) == reason && written == 0,
        "nothing can be written any more");
    check(tls_connection_input(p->victim, &room) == NULL && room == 0, "nothing is taken any more");
    tls_connection_close(p->victim);
    check(tls_connection_output(p->victim).length == 0, "no close_notify after a fatal alert");
    check(p->victim->input == NULL && p->victim->output == NULL && p->victim->engine == NULL &&
              p->victim->traffic == NULL && p->victim->sealer.protection.vtable == NULL &&
              p->victim->opener.protection.vtable == NULL,
        "buffers, engine and keys are gone");
    return failed == before;
}

static inline int
refuses(peer *p, enum tls_reason reason)
{
    return refuses_with(p, reason, tls_reason_alert(reason));
}

/* goes_on: the victim has found nothing wrong. */
static inline int
goes_on(peer *p, int established)
{
    char text[120];

    take_output(p);
    sprintf(text, "no failure: %s",
        tls_connection_failure(p->victim) == TLS_OK ? "ok"
                                                    : tls_connection_failure_text(p->victim));
    check(tls_connection_failure(p->victim) == TLS_OK, text);
    check(p->victim->established == established, established ? "established" : "not established");
    return check(p->alerts == 0 && p->unreadable == 0, "no alert, and nothing unreadable");
}

#endif
