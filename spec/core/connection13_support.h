/* connection13_support.h - what connection13_*_test.c share: two sides made from options, pumped in
 * memory, and a record of what each of them saw, said and sent. */
#ifndef CONNECTION13_SUPPORT_H
#define CONNECTION13_SUPPORT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection13_test_keys.h"
#include "connection_identity.h"
#include "wire/message.h"
#include "wire/registry.h"
#include "record/record.h"
#include "key/signature.h"
#include "tls.h"

/* ---- Counting ---- */

static unsigned passed, failed;

static inline int
check(int good, const char *what, const char *format, ...)
{
    va_list arguments;

    if (good)
        passed++;
    else
        failed++;
    if (good && getenv("VERBOSE") == NULL)
        return good;
    printf("%s - %s: ", good ? "ok" : "not ok", what);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    return good;
}

static inline int
finish(void)
{
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

/* ---- Identities ---- */

enum kind { RSA, P256, P384, P521, PSS, KINDS };
static const char *const kind_names[KINDS] = {"RSA", "P-256", "P-384", "P-521", "RSA-PSS"};
static identity identities[KINDS];

static inline void
load_identities(void)
{
    identities[RSA] = load(rsa_certificate, rsa_key);
    identities[P256] = load(ec_certificate, ec_key);
    identities[P384] = load(p384_certificate, p384_key);
    identities[P521] = load(p521_certificate, p521_key);
    identities[PSS] = load(pss_certificate, pss_key);
}

static inline void
unload_identities(void)
{
    int i;

    for (i = 0; i < KINDS; i++)
        unload(&identities[i]);
}

static inline tls_credential
credential_of(const identity *id, int external)
{
    tls_credential credential;

    memset(&credential, 0, sizeof credential);
    credential.chain = (const tls_certificate **)(void *)id->list->items;
    credential.chain_count = id->list->count;
    credential.key = external ? id->external : id->key;
    return credential;
}

static int64_t clock_now = 1893456000; /* 2030: inside the certificates' validity */

static inline int64_t
test_clock(void *data)
{
    (void)data;
    return clock_now;
}

/* ---- One side ---- */

#define DATA_MAXIMUM 70000
#define RECORDS_MAXIMUM 2000
#define TEXT_MAXIMUM 8192

/* What tells stages or handshake messages apart is left out of masks: records of data are too many.
 */
#define STAGES (UINT32_MAX & ~(1u << TLS_STAGE_APPLICATION_DATA))

typedef struct sent_record {
    unsigned type;
    size_t length;
} sent_record;

typedef struct side {
    tls_connection *c;
    enum tls_event last;
    const identity *id; /* whose key signs where the connection's own is external */
    /* answer: NULL, or it answers and returns 1, or returns 0 for the default. */
    int (*answer)(struct side *side, const tls_question *question);
    void (*seen)(struct side *side, const tls_stage_event *event);
    void *data_of_test;
    int late;    /* rounds that every decision waits */
    int waiting; /* of them, for the present one */
    int keep;    /* plaintext and early data are left in the connection */
    char stages[TEXT_MAXIMUM];
    char keylog[TEXT_MAXIMUM];
    unsigned decisions[TLS_DECISION_COUNT];
    unsigned early_events;
    unsigned char early[DATA_MAXIMUM];
    size_t early_length;
    unsigned char data[DATA_MAXIMUM];
    size_t data_length;
    /* Records on the wire. */
    sent_record records[RECORDS_MAXIMUM];
    size_t record_count, record_left, header_length;
    unsigned char header[TLS_RECORD_HEADER_LENGTH];
} side;

static inline void
append_text(char *text, const char *prefix, tls_bytes more, const char *suffix)
{
    size_t length = strlen(text);

    snprintf(text + length, TEXT_MAXIMUM - length, "%s%.*s%s", prefix, (int)more.length,
        (const char *)more.data, suffix);
}

static inline void
answer_question(side *s)
{
    const tls_question *q = tls_connection_question(s->c);
    unsigned char out[TLS_SIGNATURE_MAXIMUM];
    size_t length;

    s->decisions[q->decision]++;
    if (q->decision == TLS_DECISION_KEYLOG)
        append_text(s->keylog, "", q->u.keylog.line, "\n");
    if (s->answer != NULL && s->answer(s, q))
        return;
    if (q->decision == TLS_DECISION_SIGN && s->id != NULL) {
        length = tls_sign_scheme(s->id->key, out, q->u.sign.scheme, q->u.sign.digest);
        (void)tls_connection_answer_signature(s->c, tls_bytes_make(out, length));
    } else {
        (void)tls_connection_answer_default(s->c);
    }
}

static inline void
note_stage(side *s)
{
    static const char *const arrows[] = {" >", " <", " ="};
    const tls_stage_event *event = tls_connection_stage(s->c);

    append_text(
        s->stages, arrows[event->direction], tls_bytes_of_string(tls_stage_name(event->stage)), "");
    if (s->seen != NULL)
        s->seen(s, event);
}

static inline void
read_early(side *s)
{
    tls_bytes early = tls_connection_early_data(s->c);

    s->early_events++;
    if (s->keep || s->early_length + early.length > DATA_MAXIMUM)
        return;
    if (early.length > 0)
        memcpy(s->early + s->early_length, early.data, early.length);
    s->early_length += early.length;
    tls_connection_early_data_consume(s->c, early.length);
}

/* read_plaintext returns 1 when it took some. */
static inline int
read_plaintext(side *s)
{
    tls_bytes plaintext = tls_connection_plaintext(s->c);

    if (s->keep || s->data_length + plaintext.length > DATA_MAXIMUM)
        return 0;
    memcpy(s->data + s->data_length, plaintext.data, plaintext.length);
    s->data_length += plaintext.length;
    tls_connection_plaintext_consume(s->c, plaintext.length);
    return 1;
}

/* run steps one side until it waits for the peer, or for the test; returns 1 if anything happened.
 */
static inline int
run(side *s)
{
    int busy = 0;

    if (s->waiting > 0) {
        if (--s->waiting > 0)
            return 1;
        answer_question(s);
    }
    for (;;) {
        s->last = tls_connection_step(s->c);
        switch (s->last) {
        case TLS_EVENT_STAGE:
            note_stage(s);
            break;
        case TLS_EVENT_DECISION:
            if (s->late > 0 && tls_connection_question(s->c)->decision != TLS_DECISION_KEYLOG) {
                s->waiting = s->late;
                return 1;
            }
            answer_question(s);
            break;
        case TLS_EVENT_EARLY_DATA:
            read_early(s);
            break;
        case TLS_EVENT_DATA:
            /* Without plaintext it says that the handshake is over. */
            if (tls_connection_plaintext(s->c).length > 0 && !read_plaintext(s))
                return busy;
            break;
        default:
            return busy;
        }
        busy = 1;
    }
}

static inline void
note_sent(side *s, const unsigned char *data, size_t length)
{
    while (length > 0) {
        if (s->record_left > 0) {
            size_t n = length < s->record_left ? length : s->record_left;

            s->record_left -= n;
            data += n;
            length -= n;
            continue;
        }
        s->header[s->header_length++] = *data++;
        length--;
        if (s->header_length < sizeof s->header)
            continue;
        s->header_length = 0;
        s->record_left = tls_get16(s->header + 3);
        if (s->record_count < RECORDS_MAXIMUM) {
            s->records[s->record_count].type = s->header[0];
            s->records[s->record_count++].length = s->record_left;
        }
    }
}

static inline int
move(side *from, side *to, size_t chunk)
{
    tls_bytes output = tls_connection_output(from->c);
    size_t n = output.length;

    if (chunk > 0 && n > chunk)
        n = chunk;
    if (n == 0)
        return 0;
    n = tls_connection_feed(to->c, output.data, n);
    note_sent(from, output.data, n);
    tls_connection_output_consume(from->c, n);
    return n > 0;
}

/* ---- Two sides ---- */

typedef struct pair {
    /* What contexts and connections are made of; a test changes what it needs in between. */
    tls_context_options client_options, server_options;
    tls_connection_options client_connection, server_connection;
    tls_credential server_credential, client_credential;
    tls_context *client_context, *server_context;
    side client, server;
    size_t chunk;        /* bytes that are moved at once; 0: all */
    tls_session *stored; /* by session_store of the server */
} pair;

/* pair_init: TLS 1.3 or less by default, a server with this identity, a client that trusts it. */
static inline void
pair_init(pair *p, const identity *server)
{
    memset(p, 0, sizeof *p);
    p->server_credential = credential_of(server, 0);
    p->client_options.role = TLS_ROLE_CLIENT;
    p->client_options.trust = server->trust;
    p->client_options.verify = TLS_VERIFY_REQUIRED;
    p->client_options.now = p->server_options.now = test_clock;
    p->server_options.role = TLS_ROLE_SERVER;
    p->server_options.credentials = &p->server_credential;
    p->server_options.credential_count = 1;
    p->client_connection.server_name = "localhost";
}

/* pair_client_is gives the client a certificate, which the server trusts and asks for. */
static inline void
pair_client_is(pair *p, const identity *client)
{
    p->client_credential = credential_of(client, 0);
    p->client_options.credentials = &p->client_credential;
    p->client_options.credential_count = 1;
    p->server_options.trust = client->trust;
    p->server_options.verify = TLS_VERIFY_REQUIRED;
}

static inline void
pair_watch(pair *p)
{
    p->client_connection.stage_mask = p->server_connection.stage_mask = STAGES;
    p->client_connection.decision_mask = p->server_connection.decision_mask =
        1u << TLS_DECISION_KEYLOG;
}

static inline void
pair_renew_client(pair *p)
{
    enum tls_reason reason;

    tls_context_release(p->client_context);
    reason = tls_context_new(&p->client_context, &p->client_options);
    if (reason != TLS_OK) {
        printf("not ok - a client's context: %s\n", tls_reason_sentence(reason));
        exit(1);
    }
}

static inline void
pair_renew_server(pair *p)
{
    enum tls_reason reason;

    tls_context_release(p->server_context);
    reason = tls_context_new(&p->server_context, &p->server_options);
    if (reason != TLS_OK) {
        printf("not ok - a server's context: %s\n", tls_reason_sentence(reason));
        exit(1);
    }
}

/* side_forget drops what a side has seen, but keeps how it behaves. */
static inline void
side_forget(side *s)
{
    s->waiting = 0;
    s->stages[0] = s->keylog[0] = '\0';
    memset(s->decisions, 0, sizeof s->decisions);
    s->early_events = 0;
    s->early_length = s->data_length = 0;
    s->record_count = s->record_left = s->header_length = 0;
}

static inline void
pair_open(pair *p)
{
    if (p->client_context == NULL)
        pair_renew_client(p);
    if (p->server_context == NULL)
        pair_renew_server(p);
    side_forget(&p->client);
    side_forget(&p->server);
    if (tls_connection_new(&p->client.c, p->client_context, &p->client_connection) != TLS_OK ||
        tls_connection_new(&p->server.c, p->server_context, &p->server_connection) != TLS_OK) {
        printf("not ok - a connection cannot be made\n");
        exit(1);
    }
}

static inline void
pair_pump(pair *p)
{
    int busy = 1;

    while (busy) {
        busy = run(&p->client);
        busy |= move(&p->client, &p->server, p->chunk);
        busy |= run(&p->server);
        busy |= move(&p->server, &p->client, p->chunk);
    }
}

static inline void
pair_close(pair *p)
{
    tls_connection_free(p->client.c);
    tls_connection_free(p->server.c);
    p->client.c = p->server.c = NULL;
}

static inline void
pair_free(pair *p)
{
    pair_close(p);
    tls_context_release(p->client_context);
    tls_context_release(p->server_context);
    tls_session_release(p->stored);
    p->client_context = p->server_context = NULL;
    p->stored = NULL;
}

static inline tls_connection_info
info_of(const side *s)
{
    tls_connection_info info;

    tls_connection_get_info(s->c, &info);
    return info;
}

static inline const char *
trouble(const pair *p)
{
    enum tls_reason client = tls_connection_failure(p->client.c);
    enum tls_reason server = tls_connection_failure(p->server.c);

    if (client != TLS_OK && client != TLS_REASON_PEER_ALERT)
        return tls_connection_failure_text(p->client.c);
    if (server != TLS_OK)
        return tls_connection_failure_text(p->server.c);
    return "no failure";
}

/* Bytes that tell where they stand. */
static inline const unsigned char *
pattern(void)
{
    static unsigned char bytes[DATA_MAXIMUM];
    size_t i;

    if (bytes[1] == 0)
        for (i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)(i * 7 + i / 251);
    return bytes;
}

static inline int
send_data(pair *p, side *from, side *to, size_t total)
{
    size_t sent = 0, before = to->data_length;

    while (sent < total) {
        size_t n;

        if (tls_connection_write(from->c, &n, pattern() + sent, total - sent) != TLS_OK)
            return 0;
        sent += n;
        pair_pump(p);
        if (n == 0 && tls_connection_output(from->c).length > 0)
            return 0;
    }
    return to->data_length - before == total && memcmp(to->data + before, pattern(), total) == 0;
}

/* exchange: data goes both ways, then both sides say that they close. */
static inline void
exchange(pair *p, const char *what, size_t total)
{
    check(send_data(p, &p->client, &p->server, total), what, "data to the server (%s)", trouble(p));
    check(send_data(p, &p->server, &p->client, total), what, "data to the client (%s)", trouble(p));
}

static inline void
say_goodbye(pair *p, const char *what)
{
    tls_connection_close(p->client.c);
    pair_pump(p);
    check(p->server.last == TLS_EVENT_CLOSED, what, "the server sees close_notify");
    tls_connection_close(p->server.c);
    pair_pump(p);
    check(p->client.last == TLS_EVENT_CLOSED, what, "the client sees close_notify");
}

/* handshake opens both sides and runs them; they must come to terms in this version. */
static inline int
handshake(pair *p, const char *what, unsigned version)
{
    unsigned char client_exported[40], server_exported[40];
    tls_connection_info client, server;

    pair_open(p);
    pair_pump(p);
    client = info_of(&p->client);
    server = info_of(&p->server);
    if (!check(client.established && server.established, what, "established (%s)", trouble(p)))
        return 0;
    check(client.version == version && server.version == version, what, "version %04x",
        client.version);
    check(client.suite == server.suite && client.group == server.group &&
              client.peer_scheme == server.local_scheme &&
              client.local_scheme == server.peer_scheme && client.resumed == server.resumed &&
              client.psk == server.psk && client.hello_retry == server.hello_retry &&
              client.early_data == server.early_data && tls_bytes_equal(client.alpn, server.alpn),
        what, "both sides agree");
    check(tls_connection_export_keying_material(p->client.c, client_exported,
              sizeof client_exported, "EXPORTER-test", NULL) == TLS_OK &&
              tls_connection_export_keying_material(p->server.c, server_exported,
                  sizeof server_exported, "EXPORTER-test", NULL) == TLS_OK &&
              memcmp(client_exported, server_exported, sizeof client_exported) == 0,
        what, "exporters");
    check(client.client_verify_data.length > 0 &&
              tls_bytes_equal(client.client_verify_data, server.client_verify_data) &&
              tls_bytes_equal(client.server_verify_data, server.server_verify_data),
        what, "Finished");
    return 1;
}

/* fails: the handshake ends with this reason on one side and this alert on the other. */
static inline void
fails(pair *p, const char *what, side *who, enum tls_reason reason, int alert)
{
    side *other = who == &p->client ? &p->server : &p->client;

    pair_open(p);
    pair_pump(p);
    check(who->last == TLS_EVENT_FAILED && tls_connection_failure(who->c) == reason, what, "%s",
        tls_connection_failure_text(who->c));
    check(tls_connection_failure(other->c) == TLS_REASON_PEER_ALERT &&
              tls_connection_peer_alert(other->c) == alert,
        what, "alert %d (%s)", tls_connection_peer_alert(other->c),
        tls_connection_failure_text(other->c));
}

/* resume_next offers the client's session on the next connection; 0 when there is none. */
static inline int
resume_next(pair *p)
{
    tls_session *session = tls_connection_session(p->client.c);

    tls_session_release(p->client_connection.session);
    p->client_connection.session = session;
    pair_close(p);
    return session != NULL;
}

static inline void
forget_session(pair *p)
{
    tls_session_release(p->client_connection.session);
    p->client_connection.session = NULL;
}

static inline int
same_text(const char *got, const char *expected, const char *what, const char *which)
{
    int same = strcmp(got, expected) == 0;

    check(same, what, "%s", which);
    if (!same)
        printf("#   got:     %s\n#   expected:%s\n", got, expected);
    return same;
}

/* sent_of_type counts the records of a type that a side has sent. */
static inline size_t
sent_of_type(const side *s, unsigned type)
{
    size_t count = 0, i;

    for (i = 0; i < s->record_count; i++)
        count += s->records[i].type == type;
    return count;
}

#endif
