/* handshake_memory_test.c - TLS 1.2, its resumption and renegotiation, and late authentication of
 * TLS 1.3: every allocation fails once. Somebody says so; what only a call said can be done again,
 * and whoever fails fails for want of memory. Linked with --wrap for malloc, calloc and realloc. */
#include <stdio.h>
#include <string.h>

#include "support/allocations.h"
#include "support/check.h"
#include "support/inside.h"
#include "support/pair.h"

static pair p;
static int said; /* a call or a side said OUT_OF_MEMORY */

typedef struct scene {
    const char *what;
    unsigned version;
    int by_ticket, resumed;
    int watched;
    /* act is done on the established pair, with whatever memory there is: TLS_OK, or why not. */
    enum tls_reason (*act)(void);
    /* done tells whether it came through. */
    int (*done)(void);
} scene;

static int
is_out_of_memory(const side *s)
{
    return s->c != NULL && tls_connection_failure(s->c) == TLS_REASON_OUT_OF_MEMORY;
}

static int
has_failed(const side *s)
{
    return s->c == NULL || tls_connection_failure(s->c) != TLS_OK;
}

static const char *
what_happened(void)
{
    return p.client.c != NULL && p.server.c != NULL ? trouble(&p) : "no connection";
}

static void
begin(const scene *s)
{
    static tls_bytes protocol;

    protocol = tls_bytes_of_string("h2");
    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P256]);
    p.client_options.version_max = p.server_options.version_max = s->version;
    p.client_options.renegotiation = p.server_options.renegotiation = 1;
    p.client_options.alpn = p.server_options.alpn = &protocol;
    p.client_options.alpn_count = p.server_options.alpn_count = 1;
    p.client_options.post_handshake_auth = 1;
    p.server_options.session_cache_size = s->by_ticket ? 0 : 4;
    if (s->version == TLS_VERSION_13)
        p.server_options.verify = TLS_VERIFY_NONE; /* it asks late */
    if (s->by_ticket)
        require(tls_ticket_keys_new(&p.server_options.ticket_keys, 0, 0, clock_now) == TLS_OK,
            "ticket keys");
    if (s->watched) {
        p.client_connection.stage_mask = p.server_connection.stage_mask = STAGES;
        p.client_connection.decision_mask = p.server_connection.decision_mask = UINT32_MAX;
    }
}

static void
end(void)
{
    pair_free(&p);
    forget_session(&p);
    tls_ticket_keys_release(p.server_options.ticket_keys);
}

static enum tls_reason
open_pair(void)
{
    enum tls_reason reason;

    side_forget(&p.client);
    side_forget(&p.server);
    reason = tls_connection_new(&p.client.c, p.client_context, &p.client_connection);
    if (reason == TLS_OK)
        reason = tls_connection_new(&p.server.c, p.server_context, &p.server_connection);
    if (reason == TLS_OK)
        pair_pump(&p);
    return reason;
}

static int
is_open(void)
{
    return p.client.c != NULL && p.server.c != NULL && told(p.client.c).established &&
           told(p.server.c).established && told(p.client.c).resumed == told(p.server.c).resumed;
}

static enum tls_reason
client_renegotiates(void)
{
    enum tls_reason reason = tls_connection_renegotiate(p.client.c, TLS_VERIFY_DEFAULT);

    pair_pump(&p);
    return reason;
}

static enum tls_reason
server_renegotiates(void)
{
    enum tls_reason reason = tls_connection_renegotiate(p.server.c, TLS_VERIFY_DEFAULT);

    pair_pump(&p);
    return reason;
}

static int
is_renegotiated(void)
{
    return told(p.client.c).renegotiations == 1 && told(p.server.c).renegotiations == 1;
}

static enum tls_reason
asks_late(void)
{
    enum tls_reason reason = tls_connection_request_certificate(p.server.c);

    if (reason != TLS_OK)
        check(has_failed(&p.server) || !tls_connection_authenticating(p.server.c),
            "a request that failed is not open");
    pair_pump(&p);
    return reason;
}

static int
is_authenticated(void)
{
    return told(p.server.c).authentications == 1 && told(p.server.c).peer_chain_count == 1;
}

static const scene scenes[] = {
    {"TLS 1.2", TLS_VERSION_12, 0, 0, 0, NULL, is_open},
    {"TLS 1.2, watched", TLS_VERSION_12, 0, 0, 1, NULL, is_open},
    {"TLS 1.0", TLS_VERSION_10, 0, 0, 0, NULL, is_open},
    {"TLS 1.2 resumed by ID", TLS_VERSION_12, 0, 1, 1, NULL, is_open},
    {"TLS 1.2 and a ticket", TLS_VERSION_12, 1, 0, 1, NULL, is_open},
    {"TLS 1.2 resumed by ticket", TLS_VERSION_12, 1, 1, 1, NULL, is_open},
    {"a client's renegotiation", TLS_VERSION_12, 0, 0, 0, client_renegotiates, is_renegotiated},
    {"the same, watched", TLS_VERSION_12, 0, 0, 1, client_renegotiates, is_renegotiated},
    {"a server's renegotiation", TLS_VERSION_12, 0, 0, 0, server_renegotiates, is_renegotiated},
    {"the same, watched and with tickets", TLS_VERSION_12, 1, 0, 1, server_renegotiates,
        is_renegotiated},
    {"a late authentication", TLS_VERSION_13, 0, 0, 0, asks_late, is_authenticated},
    {"the same, watched", TLS_VERSION_13, 0, 0, 1, asks_late, is_authenticated},
};

/* prepare does what may not fail. */
static void
prepare(const scene *s)
{
    begin(s);
    if (s->version < TLS_VERSION_12) {
        static const uint16_t suites[] = {0xC009}; /* ECDHE_ECDSA_WITH_AES_128_CBC_SHA */

        p.client_options.version_min = p.server_options.version_min = s->version;
        p.client_options.suites = p.server_options.suites = suites;
        p.client_options.suite_count = p.server_options.suite_count = 1;
    }
    pair_renew_client(&p);
    pair_renew_server(&p);
    if (s->resumed || s->act != NULL) {
        require(open_pair() == TLS_OK && is_open(), "%s: the first handshake: %s", s->what,
            what_happened());
        if (s->resumed)
            require(resume_next(&p), "%s: a session", s->what);
    }
}

/* names_nobody: a first handshake that is not over names none. */
static int
names_nobody(const side *s)
{
    return s->c == NULL || told(s->c).established ||
           (told(s->c).peer_chain_count == 0 && !told(s->c).peer_verified);
}

/* once lets allocation n fail; 0: there were not so many. */
static int
once(const scene *s, long n)
{
    enum tls_reason reason;
    int failed, alive;

    prepare(s);
    allocations_fail_at(n);
    reason = s->act != NULL ? s->act() : open_pair();
    failed = allocations_end();
    said = reason == TLS_REASON_OUT_OF_MEMORY || is_out_of_memory(&p.client) ||
           is_out_of_memory(&p.server);
    alive = !has_failed(&p.client) && !has_failed(&p.server);
    if (!failed) {
        check(
            reason == TLS_OK && s->done(), "%s: %s", s->what, alive ? "not done" : what_happened());
        if (s->resumed)
            check(told(p.client.c).resumed, "%s: resumed", s->what);
    } else if (alive && reason == TLS_OK) {
        check(s->done(), "%s: allocation %ld: nobody says so, and it is not done", s->what, n);
    } else {
        check(said, "%s: allocation %ld: nobody says so: %s", s->what, n,
            alive ? tls_reason_sentence(reason) : what_happened());
        if (alive && s->act != NULL) {
            reason = s->act();
            check(reason == TLS_OK && s->done(), "%s: allocation %ld: not again: %s", s->what, n,
                reason != TLS_OK ? tls_reason_sentence(reason) : what_happened());
        }
    }
    if (failed && s->act == NULL)
        check(names_nobody(&p.client) && names_nobody(&p.server),
            "%s: allocation %ld: somebody is named who is not proven", s->what, n);
    end();
    return failed;
}

int
main(void)
{
    size_t i;
    long n;

    setvbuf(stdout, NULL, _IONBF, 0);
    load_identities();
    for (i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        for (n = 0; once(&scenes[i], n); n++)
            ;
        printf("# %s: %ld allocations\n", scenes[i].what, n);
    }
    unload_identities();
    return check_end();
}
