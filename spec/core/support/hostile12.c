/* hostile12.c - established pairs, the attacker's records, and what must hold of the victim. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/clock.h"
#include "support/hostile12.h"
#include "support/inside.h"
#include "wire/message.h"

static void
hostile12_world_open(hostile12_world *w, unsigned version, uint16_t suite)
{
    tls_context_options options;
    tls_credential credential;

    w->version = version;
    w->suite = suite;
    memset(&options, 0, sizeof options);
    w->id = identity_load(ec_certificate, ec_key);
    options.role = TLS_ROLE_CLIENT;
    options.version_min = options.version_max = version;
    options.suites = &w->suite;
    options.suite_count = 1;
    options.trust = w->id.trust;
    options.verify = TLS_VERIFY_REQUIRED;
    options.now = test_clock;
    require(tls_context_new(&w->client_context, &options) == TLS_OK, "a client's context");
    options.role = TLS_ROLE_SERVER;
    options.trust = NULL;
    options.verify = TLS_VERIFY_NONE;
    options.session_cache_size = 10;
    credential = identity_credential(&w->id, 0);
    options.credentials = &credential;
    options.credential_count = 1;
    require(tls_context_new(&w->server_context, &options) == TLS_OK, "a server's context");
}

static void
hostile12_world_close(hostile12_world *w)
{
    tls_context_release(w->client_context);
    tls_context_release(w->server_context);
    identity_unload(&w->id);
}

enum tls_event
hostile12_settle(tls_connection *c)
{
    enum tls_event event;

    do {
        event = inside_step(c);
        if (event == TLS_EVENT_DATA)
            tls_connection_plaintext_consume(c, tls_connection_plaintext(c).length);
    } while (event == TLS_EVENT_STAGE || event == TLS_EVENT_DECISION || event == TLS_EVENT_DATA);
    return event;
}

int
hostile12_move(tls_connection *from, tls_connection *to)
{
    tls_bytes output = tls_connection_output(from);
    size_t n = tls_connection_feed(to, output.data, output.length);

    /* A peer that has ended takes nothing more: what is sent to it is lost. */
    if (n == 0)
        n = output.length;
    tls_connection_output_consume(from, n);
    return n > 0;
}

void
hostile12_open(hostile12 *p, hostile12_world *w, enum tls_role attacker)
{
    tls_connection_options options;
    int busy = 1;

    memset(&options, 0, sizeof options);
    tls_connection_new(&p->server, w->server_context, &options);
    options.server_name = "localhost";
    tls_connection_new(&p->client, w->client_context, &options);
    while (busy) {
        hostile12_settle(p->client);
        busy = hostile12_move(p->client, p->server);
        hostile12_settle(p->server);
        busy |= hostile12_move(p->server, p->client);
    }
    p->attacker = attacker == TLS_ROLE_CLIENT ? p->client : p->server;
    p->victim = attacker == TLS_ROLE_CLIENT ? p->server : p->client;
    check(told(p->client).established && told(p->server).established, "handshake");
}

void
hostile12_close(hostile12 *p, hostile12_world *w)
{
    tls_connection_free(p->client);
    tls_connection_free(p->server);
    check(w->client_context->pool.lent_count == 0 && w->server_context->pool.lent_count == 0,
        "every record buffer came back");
}

enum tls_event
hostile12_give(tls_connection *victim, const void *data, size_t length)
{
    const unsigned char *p = data;
    enum tls_event event = hostile12_settle(victim);

    while (length > 0) {
        size_t n = tls_connection_feed(victim, p, length);

        if (n == 0)
            break;
        p += n;
        length -= n;
        event = hostile12_settle(victim);
    }
    return event;
}

size_t
hostile12_protect(
    tls_connection *attacker, unsigned char **out, unsigned type, const void *data, size_t length)
{
    tls_record_sealer *sealer = inside_sealer(attacker);
    const br_sslrec_out_class **protection =
        sealer->cbc != NULL ? &sealer->cbc->vtable : &sealer->protection.vtable;
    size_t start = TLS_RECORD_HEADER_LENGTH + 512, n = length;
    unsigned char *memory = malloc(length + 2048), *record;

    memcpy(memory + start, data, length);
    record = (*protection)->encrypt(protection, (int)type, sealer->version, memory + start, &n);
    memmove(memory, record, n);
    *out = memory;
    return n;
}

enum tls_event
hostile12_inject(hostile12 *p, unsigned type, const void *data, size_t length)
{
    unsigned char *record;
    size_t n = hostile12_protect(p->attacker, &record, type, data, length);
    enum tls_event event = hostile12_give(p->victim, record, n);

    free(record);
    return event;
}

void
hostile12_refuses(hostile12 *p, enum tls_reason reason, int alert)
{
    static const unsigned char byte[] = "x";
    size_t written, room;

    check_reason(tls_connection_failure(p->victim), reason, "the reason");
    check(hostile12_settle(p->victim) == TLS_EVENT_FAILED, "FAILED repeats");
    check(tls_connection_write(p->victim, &written, byte, 1) == reason && written == 0,
        "nothing can be written any more");
    check(tls_connection_input(p->victim, &room) == NULL && room == 0, "nothing is taken any more");
    check(strlen(tls_connection_failure_text(p->victim)) > 10, "a sentence says why");
    if (alert == TLS_ALERT_NONE) {
        check(tls_connection_output(p->victim).length == 0, "no alert is due");
    } else {
        check(tls_connection_output(p->victim).length > 0, "an alert is due");
        while (hostile12_move(p->victim, p->attacker))
            hostile12_settle(p->attacker);
        check_number(tls_connection_peer_alert(p->attacker), alert, "the alert");
    }
    tls_connection_close(p->victim);
    check(tls_connection_output(p->victim).length == 0, "nothing follows a fatal alert");
    check(inside_is_bare(p->victim), "buffers and engine are gone");
}

int
hostile12_uses_cbc(const hostile12 *p)
{
    return told(p->victim).suite == 0xC009 || told(p->victim).suite == 0xC023;
}

int
hostile12_splits(const hostile12 *p)
{
    return hostile12_uses_cbc(p) && told(p->victim).version < 0x0302;
}

void
hostile12_each_world(void (*f)(hostile12_world *w))
{
    static const struct {
        unsigned version;
        uint16_t suite;
    } kinds[] = {
        {0x0303, 0xC02B}, /* AES-128-GCM */
        {0x0303, 0xCCA9}, /* ChaCha20-Poly1305 */
        {0x0303, 0xC0AC}, /* AES-128-CCM */
        {0x0303, 0xC023}, /* AES-128-CBC, SHA-256 */
        {0x0301, 0xC009}, /* AES-128-CBC, SHA-1, TLS 1.0: the IV is the last record's end */
    };
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        hostile12_world w;

        hostile12_world_open(&w, kinds[i].version, kinds[i].suite);
        f(&w);
        hostile12_world_close(&w);
    }
}

void
hostile12_attacks(hostile12_world *w, const hostile12_attack *attacks, size_t count)
{
    size_t i;
    int role;

    for (i = 0; i < count; i++)
        for (role = 0; role < 2; role++) {
            hostile12 p;

            check_about("%s, suite %04X, version %04X, %s attacks", attacks[i].name, w->suite,
                w->version, role == 0 ? "client" : "server");
            hostile12_open(&p, w, role == 0 ? TLS_ROLE_CLIENT : TLS_ROLE_SERVER);
            attacks[i].f(&p);
            hostile12_close(&p, w);
        }
}
