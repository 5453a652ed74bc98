/* hostile13_test.c - a TLS 1.3 peer whose messages come in the wrong order, cut short, too long,
 * spread over records or packed into one. It has the right keys and sends what an honest peer
 * would, so that each message is refused for its place and not for its content. */
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/peer_world.h"

/* ---- Honest flights, which the tests then break ---- */

typedef struct flight {
    const char *name;
    enum tls_role role; /* of the peer */
    const char *script;
    tweak *tweak;
    unsigned retry_group; /* a server: what its HelloRetryRequest names */
    int resumes;
    uint16_t suite; /* of a server; 0: the usual one */
} flight;

static void
with_client_certificate(tls_context_options *client, tls_context_options *server)
{
    (void)client;
    server->verify = TLS_VERIFY_REQUIRED;
}

static void
with_retry(tls_context_options *client, tls_context_options *server)
{
    static const uint16_t groups[] = {TLS_GROUP_SECP256R1};

    (void)client;
    server->groups = groups;
    server->group_count = 1;
    server->retry_cookie = 1;
}

static void
with_sha384(tls_context_options *client, tls_context_options *server)
{
    static const uint16_t suites[] = {0x1302};

    (void)client;
    server->suites = suites;
    server->suite_count = 1;
}

static const flight flights[] = {
    {"server", TLS_ROLE_SERVER, "SECVF", NULL, 0, 0, 0},
    {"server that asks for a certificate", TLS_ROLE_SERVER, "SERCVF", NULL, 0, 0, 0},
    {"server that retries", TLS_ROLE_SERVER, "HSECVF", NULL, TLS_GROUP_SECP256R1, 0, 0},
    {"server that resumes", TLS_ROLE_SERVER, "SEF", NULL, 0, 1, 0},
    {"client", TLS_ROLE_CLIENT, "KF", NULL, 0, 0, 0},
    {"client with a certificate", TLS_ROLE_CLIENT, "KCVF", with_client_certificate, 0, 0, 0},
    {"client that is told to retry", TLS_ROLE_CLIENT, "KkF", with_retry, 0, 0, 0},
    {"client that resumes", TLS_ROLE_CLIENT, "KF", NULL, 0, 1, 0},
    {"server with SHA-384", TLS_ROLE_SERVER, "SERCVF", NULL, 0, 0, 0x1302},
    {"server with ChaCha20", TLS_ROLE_SERVER, "SECVF", NULL, 0, 0, 0x1303},
    {"client that gets SHA-384", TLS_ROLE_CLIENT, "KF", with_sha384, 0, 0, 0},
};

#define FLIGHTS (sizeof flights / sizeof flights[0])

/* begin opens a peer for a flight; a session must be the caller's to release. */
static void
begin(peer *p, const peer_world *w, const flight *f, tls_session *session)
{
    peer_open_victim(p, w, f->role, session, tls_bytes_make(NULL, 0));
    p->take_psk = session != NULL && f->role == TLS_ROLE_SERVER;
    if (f->retry_group != 0)
        p->group = f->retry_group;
    if (f->suite != 0)
        p->suite_id = f->suite;
}

/* try plays a script instead of the flight's own. */
static void
try_script(peer *p, const peer_world *w, const flight *f, tls_session *session, const char *script)
{
    begin(p, w, f, session);
    peer_play(p, script);
}

static void
honest(const peer_world *w, const flight *f, tls_session *session)
{
    peer p;

    check_about("%s: honest", f->name);
    try_script(&p, w, f, session, f->script);
    peer_goes_on(&p, 1);
    check(told(p.victim).resumed == f->resumes, "resumed as it should");
    peer_play(&p, "d");
    check(p.data_read == 4, "data comes through");
    peer_close(&p);
}

/* ---- Order ---- */

static void
refused_order(const peer_world *w, const flight *f, tls_session *session, const char *script)
{
    peer p;

    try_script(&p, w, f, session, script);
    /* Where a message is missing at the end something else must come. */
    if (tls_connection_failure(p.victim) == TLS_OK)
        peer_play(&p, "d");
    check(!told(p.victim).established || p.finished || f->role == TLS_ROLE_SERVER,
        "not established early");
    peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
}

static void
orders(const peer_world *w, const flight *f, tls_session *session)
{
    size_t length = strlen(f->script), i;
    char script[16];

    for (i = 0; i < length; i++) {
        /* Nobody misses a CertificateRequest or a HelloRetryRequest. */
        if (f->script[i] == 'R' || f->script[i] == 'H')
            continue;
        sprintf(script, "%.*s%s", (int)i, f->script, f->script + i + 1);
        check_about("%s: %s, %c is missing", f->name, script, f->script[i]);
        refused_order(w, f, session, script);
    }
    for (i = 0; i < length; i++) {
        sprintf(script, "%.*s%c%s", (int)i, f->script, f->script[i], f->script + i);
        check_about("%s: %s, %c is repeated", f->name, script, f->script[i]);
        refused_order(w, f, session, script);
    }
    for (i = 0; i + 1 < length; i++) {
        if (f->script[i] == 'K' && f->script[i + 1] == 'k')
            continue; /* each is built for its place */
        strcpy(script, f->script);
        script[i] = f->script[i + 1];
        script[i + 1] = f->script[i];
        check_about("%s: %s, two are exchanged", f->name, script);
        refused_order(w, f, session, script);
    }
}

/* Every type in every place, but the one that belongs there. */
static void
strangers(const peer_world *w, const flight *f, tls_session *session)
{
    static const struct {
        unsigned char type;
        char letter;
    } types[] = {{0, '?'}, {1, 'K'}, {2, 'S'}, {3, '?'}, {4, 'T'}, {5, 'D'}, {6, '?'}, {8, 'E'},
        {11, 'C'}, {12, '?'}, {13, 'R'}, {14, '?'}, {15, 'V'}, {16, '?'}, {20, 'F'}, {21, '?'},
        {22, '?'}, {23, '?'}, {24, 'U'}, {25, '?'}, {99, '?'}, {254, '?'}, {255, '?'}};
    size_t length = strlen(f->script), i, j;

    for (i = 0; i < length; i++)
        for (j = 0; j < sizeof types / sizeof types[0]; j++) {
            char script[16];
            unsigned char message[4] = {0, 0, 0, 0};
            enum tls_reason reason;
            peer p;

            message[0] = types[j].type;
            check_about("%s: message %u before %c", f->name, types[j].type, f->script[i]);
            sprintf(script, "%.*s", (int)i, f->script);
            try_script(&p, w, f, session, script);
            peer_send_record(&p, TLS_CONTENT_HANDSHAKE, message, sizeof message);
            reason = tls_connection_failure(p.victim);
            /* Whether its body or its place is looked at first is nobody's business. */
            check(
                reason == TLS_REASON_UNEXPECTED_MESSAGE || reason == TLS_REASON_DECODE, "refused");
            peer_refuses(&p, reason);
            peer_close(&p);
        }
}

/* ---- Bytes too few or too many ---- */

static struct {
    char letter;
    size_t keep, extra;
    size_t length; /* of the whole body, once it was built */
} cut;

static void
cut_body(peer *p, char letter, tls_buffer *message)
{
    size_t length = message->length - TLS_HANDSHAKE_HEADER_LENGTH;
    size_t i;

    (void)p;
    if (letter != cut.letter)
        return;
    cut.length = length;
    if (cut.keep < length)
        length = cut.keep;
    message->length = TLS_HANDSHAKE_HEADER_LENGTH + length;
    for (i = 0; i < cut.extra; i++)
        tls_write_u8(message, 0);
    tls_put24(message->data + 1, (uint32_t)(length + cut.extra));
}

static void
cut_flight(peer *p, const peer_world *w, const flight *f, tls_session *session, char letter)
{
    cut.letter = letter;
    begin(p, w, f, session);
    p->edit = cut_body;
    peer_play(p, f->script);
}

/* reason_of_prefix: a hello that ends where its extensions would begin is one of TLS 1.2. */
static enum tls_reason
reason_of_prefix(const flight *f, char letter, size_t keep)
{
    size_t hello = 2 + 32 + 1 + 32 + (letter == 'K' || letter == 'k' ? 2 + 6 + 2 : 2 + 1);

    if (keep != hello)
        return TLS_REASON_DECODE;
    switch (letter) {
    case 'K':
        return TLS_REASON_NO_COMMON_VERSION;
    case 'S':
        return f->retry_group != 0 ? TLS_REASON_ILLEGAL_PARAMETER : TLS_REASON_NO_COMMON_VERSION;
    case 'k':
        return TLS_REASON_ILLEGAL_PARAMETER;
    case 'H':
        return TLS_REASON_MISSING_EXTENSION;
    default:
        return TLS_REASON_DECODE;
    }
}

static void
lengths(const peer_world *w, const flight *f, tls_session *session)
{
    const char *letter;

    for (letter = f->script; *letter != '\0'; letter++) {
        size_t extra, step;
        peer p;

        memset(&cut, 0, sizeof cut);
        cut.length = 1;
        /* A Certificate is long, and every prefix of one is enough. */
        step = *letter == 'C' && f != &flights[0] ? 19 : 1;
        for (cut.keep = 0; cut.keep < cut.length; cut.keep += step) {
            check_about("%s: %u bytes of %c", f->name, (unsigned)cut.keep, *letter);
            cut_flight(&p, w, f, session, *letter);
            /* An ECDSA signature may have been longer the last time. */
            if (cut.keep < cut.length)
                peer_refuses(&p, reason_of_prefix(f, *letter, cut.keep));
            peer_close(&p);
        }
        cut.keep = SIZE_MAX;
        for (extra = 1; extra <= 32; extra *= 2) {
            cut.extra = extra;
            check_about("%s: %u bytes too many in %c", f->name, (unsigned)extra, *letter);
            cut_flight(&p, w, f, session, *letter);
            peer_refuses(&p, TLS_REASON_DECODE);
            peer_close(&p);
        }
    }
}

/* ---- Messages and records ---- */

/* What may share records does; what is spread over single bytes is put together. */
static void
packing(const peer_world *w, const flight *f, tls_session *session)
{
    static const size_t sizes[] = {1, 2, 3, 5, 17, 100};
    const char *letter;
    char script[32], *out = script;
    size_t i;
    peer p;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_about("%s: records of %u bytes", f->name, (unsigned)sizes[i]);
        begin(&p, w, f, session);
        p.fragment = sizes[i];
        peer_play(&p, f->script);
        peer_goes_on(&p, 1);
        peer_play(&p, "d");
        check(p.data_read == 4, "data comes through");
        peer_close(&p);
    }
    /* All but hellos travel under one key: they fit one record, and any division of it. */
    for (letter = f->script; *letter != '\0'; letter++) {
        *out++ = *letter;
        if (strchr("KkHS", *letter) == NULL && letter[1] != '\0')
            *out++ = '+';
    }
    *out = '\0';
    for (i = 0; i < 2; i++) {
        check_about("%s: %s%s", f->name, script, i ? " in records of 7 bytes" : "");
        begin(&p, w, f, session);
        p.fragment = i ? 7 : 0;
        peer_play(&p, script);
        peer_goes_on(&p, 1);
        peer_close(&p);
    }
}

/* RFC 8446 section 5.1: handshake messages MUST NOT span key changes. */
static void
spanning(const peer_world *w)
{
    static const struct {
        enum tls_role role;
        const char *script;
        int early; /* before the victim's keys, so the alert is in the clear */
    } cases[] = {
        {TLS_ROLE_SERVER, "S+E", 1},
        {TLS_ROLE_SERVER, "S+ECVF", 1},
        {TLS_ROLE_SERVER, "SECV+F+T", 0},
        {TLS_ROLE_SERVER, "SECVF+U", 0},
        {TLS_ROLE_SERVER, "SECVFU+T", 0},
        {TLS_ROLE_SERVER, "SECVFT+U+U", 0},
        {TLS_ROLE_CLIENT, "K+F", 1},
        {TLS_ROLE_CLIENT, "KF+U", 0},
        {TLS_ROLE_CLIENT, "KFU+U", 0},
    };
    size_t i;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_about("messages over a change of keys: %s", cases[i].script);
        peer_open(&p, w, cases[i].role);
        peer_play(&p, cases[i].script);
        check(p.victim_had_keys == !cases[i].early, "keys as expected");
        peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);
    }
}

/* One byte of another message behind the one that changes keys. */
static void
add_byte(peer *p, char letter, tls_buffer *message)
{
    if (letter == p->parameter)
        tls_write_u8(message, TLS_HANDSHAKE_KEY_UPDATE);
}

static void
spanning_by_a_byte(const peer_world *w)
{
    static const struct {
        enum tls_role role;
        const char *script;
        char letter;
    } cases[] = {{TLS_ROLE_SERVER, "S", 'S'}, {TLS_ROLE_SERVER, "SECVF", 'F'},
        {TLS_ROLE_SERVER, "SECVFU", 'U'}, {TLS_ROLE_CLIENT, "K", 'K'}, {TLS_ROLE_CLIENT, "KF", 'F'},
        {TLS_ROLE_CLIENT, "KFU", 'U'}};
    size_t i;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_about("one byte over a change of keys: %s", cases[i].script);
        peer_open(&p, w, cases[i].role);
        p.edit = add_byte;
        p.parameter = cases[i].letter;
        peer_play(&p, cases[i].script);
        peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
        peer_close(&p);
    }
}

/* Half a message, then a record of another type (RFC 8446 section 5.1). */
static void
interleaving(const peer_world *w)
{
    static const struct {
        const char *name;
        unsigned type; /* 20: in the clear */
        const char *content;
        size_t length;
        enum tls_reason reason;
    } cases[] = {
        {"application data", 23, "data", 4, TLS_REASON_UNEXPECTED_MESSAGE},
        {"no application data", 23, "", 0, TLS_REASON_UNEXPECTED_MESSAGE},
        {"ChangeCipherSpec", 20, "\1", 1, TLS_REASON_UNEXPECTED_MESSAGE},
        {"user_canceled", 21, "\1\132", 2, TLS_REASON_UNEXPECTED_MESSAGE},
        {"close_notify", 21, "\1\0", 2, TLS_REASON_CLOSED},
        {"a fatal alert", 21, "\2\50", 2, TLS_REASON_PEER_ALERT},
    };
    static const struct {
        enum tls_role role;
        const char *script;
        char letter;
    } places[] = {{TLS_ROLE_SERVER, "S", 'E'}, {TLS_ROLE_SERVER, "SECVF", 'T'},
        {TLS_ROLE_CLIENT, "K", 'F'}, {TLS_ROLE_CLIENT, "KF", 'U'}};
    size_t i, j;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (j = 0; j < sizeof places / sizeof places[0]; j++) {
            enum tls_reason reason = cases[i].reason;
            tls_buffer message = {0};

            check_about(
                "%s inside of %c behind %s", cases[i].name, places[j].letter, places[j].script);
            peer_open(&p, w, places[j].role);
            peer_play(&p, places[j].script);
            peer_build(&p, places[j].letter, &message);
            peer_send_record(&p, TLS_CONTENT_HANDSHAKE, message.data, 3);
            tls_buffer_release(&message);
            check(tls_connection_failure(p.victim) == TLS_OK, "three bytes are no message yet");
            if (cases[i].type == TLS_CONTENT_CHANGE_CIPHER_SPEC)
                peer_send_in_the_clear(&p, cases[i].type, cases[i].content, cases[i].length);
            else
                peer_send_record(&p, cases[i].type, cases[i].content, cases[i].length);
            if (reason == TLS_REASON_CLOSED && told(p.victim).established) {
                check(peer_settle(&p) == TLS_EVENT_CLOSED, "closed");
            } else {
                peer_refuses(&p, reason);
            }
            peer_close(&p);
        }
}

/* A message that says it is longer than anything, and one that goes on and on. */
static void
endless(const peer_world *w)
{
    static const struct {
        enum tls_role role;
        const char *script;
        unsigned char type;
    } places[] = {{TLS_ROLE_SERVER, "", 2}, {TLS_ROLE_SERVER, "SE", 11},
        {TLS_ROLE_SERVER, "SECVF", 4}, {TLS_ROLE_CLIENT, "", 1}, {TLS_ROLE_CLIENT, "K", 20}};
    size_t i, sent, whole, piece;
    peer p;

    for (i = 0; i < sizeof places / sizeof places[0]; i++) {
        unsigned char message[1024] = {0, 0xFF, 0xFF, 0xFF};

        message[0] = places[i].type;
        check_about("2^24 bytes of %u behind %s", places[i].type, places[i].script);
        peer_open(&p, w, places[i].role);
        peer_play(&p, places[i].script);
        peer_send_record(&p, TLS_CONTENT_HANDSHAKE, message, 4);
        peer_refuses(&p, TLS_REASON_LIMIT);
        peer_close(&p);

        check_about("one byte too many of %u behind %s", places[i].type, places[i].script);
        whole = TLS_HANDSHAKE_HEADER_LENGTH + (places[i].type == TLS_HANDSHAKE_CLIENT_HELLO
                                                      ? 16384
                                                      : tls_message_limit(places[i].type));
        tls_put24(message + 1, whole - TLS_HANDSHAKE_HEADER_LENGTH + 1);
        peer_open(&p, w, places[i].role);
        peer_play(&p, places[i].script);
        peer_send_record(&p, TLS_CONTENT_HANDSHAKE, message, TLS_HANDSHAKE_HEADER_LENGTH);
        peer_refuses(&p, TLS_REASON_LIMIT);
        peer_close(&p);

        check_about("all that %u may be behind %s", places[i].type, places[i].script);
        tls_put24(message + 1, whole - TLS_HANDSHAKE_HEADER_LENGTH);
        peer_open(&p, w, places[i].role);
        peer_play(&p, places[i].script);
        for (sent = 0; sent < whole; sent += piece) {
            check(tls_connection_failure(p.victim) == TLS_OK, "it waits for the end");
            piece = whole - sent < sizeof message ? whole - sent : sizeof message;
            peer_send_record(&p, TLS_CONTENT_HANDSHAKE, message, piece);
            memset(message, 0, sizeof message);
        }
        peer_refuses(&p, TLS_REASON_DECODE);
        peer_close(&p);
    }
}

/* What has no place in a state is refused at its header, whichever message it is. */
static void
no_place(const peer_world *w)
{
    static const struct {
        enum tls_role role;
        const char *script;
        uint32_t awaited;
    } places[] = {{TLS_ROLE_SERVER, "", TLS_MESSAGE_BIT(2)},
        {TLS_ROLE_SERVER, "S", TLS_MESSAGE_BIT(8)},
        {TLS_ROLE_SERVER, "SE", TLS_MESSAGE_BIT(11) | TLS_MESSAGE_BIT(13)},
        {TLS_ROLE_SERVER, "SEC", TLS_MESSAGE_BIT(15)},
        {TLS_ROLE_SERVER, "SECV", TLS_MESSAGE_BIT(20)},
        {TLS_ROLE_SERVER, "SECVF", TLS_MESSAGE_BIT(4) | TLS_MESSAGE_BIT(24)},
        {TLS_ROLE_CLIENT, "", TLS_MESSAGE_BIT(1)}, {TLS_ROLE_CLIENT, "K", TLS_MESSAGE_BIT(20)},
        {TLS_ROLE_CLIENT, "KF", TLS_MESSAGE_BIT(24)}};
    unsigned char header[TLS_HANDSHAKE_HEADER_LENGTH] = {0, 0, 0, 200};
    size_t i;
    unsigned type;
    peer p;

    for (i = 0; i < sizeof places / sizeof places[0]; i++)
        for (type = 0; type < 256; type++) {
            check_about("the header of a message %u behind %s", type, places[i].script);
            header[0] = (unsigned char)type;
            peer_open(&p, w, places[i].role);
            peer_play(&p, places[i].script);
            peer_send_record(&p, TLS_CONTENT_HANDSHAKE, header, sizeof header);
            if (type < 32 && (places[i].awaited & TLS_MESSAGE_BIT(type)) != 0)
                check(tls_connection_failure(p.victim) == TLS_OK, "it waits for the rest");
            else
                peer_refuses(&p, TLS_REASON_UNEXPECTED_MESSAGE);
            peer_close(&p);
        }
}

/* RFC 8446 section 4.2.9: also the ClientHello that answers HelloRetryRequest says how its PSKs
 * would be used. */
static void
retried_without_modes(void)
{
    tls_session *session;
    peer_world w;
    peer p;

    peer_world_open(&w, with_retry);
    session = peer_world_session(&w);
    check_about("client that resumes and is told to retry: no psk_key_exchange_modes");
    peer_open_victim(&p, &w, TLS_ROLE_CLIENT, session, tls_bytes_make(NULL, 0));
    peer_change_block(&p, 'k', BLOCK_WITHOUT, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES, NULL, 0);
    peer_play(&p, "Kk");
    check(told(p.victim).hello_retry, "it was told to retry");
    peer_refuses(&p, TLS_REASON_MISSING_EXTENSION);
    peer_close(&p);
    tls_session_release(session);
    peer_world_close(&w);
}

int
main(void)
{
    size_t i;

    make_materials();
    for (i = 0; i < FLIGHTS; i++) {
        tls_session *session = NULL;
        peer_world w;

        peer_world_open(&w, flights[i].tweak);
        if (flights[i].resumes)
            session = peer_world_session(&w);
        honest(&w, &flights[i], session);
        orders(&w, &flights[i], session);
        strangers(&w, &flights[i], session);
        lengths(&w, &flights[i], session);
        packing(&w, &flights[i], session);
        if (i == 0) {
            spanning(&w);
            spanning_by_a_byte(&w);
            interleaving(&w);
            endless(&w);
            no_place(&w);
        }
        check_about("%s: at the end", flights[i].name);
        tls_session_release(session);
        peer_world_close(&w);
    }
    retried_without_modes();
    release_materials();
    return check_end();
}
