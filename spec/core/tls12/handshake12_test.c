/* handshake12_test.c - handshakes of TLS 1.2 and below without Lua: by suite and version, resumed,
 * mutual, keyless, with tickets, with and without the extended master secret. */
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/setup12.h"
#include "wire/suite.h"

static void
every_suite(identity *rsa, identity *ec)
{
    static const unsigned versions[] = {0x0301, 0x0302, 0x0303};
    size_t i, v;

    for (i = 0; tls_suite_at(i) != NULL; i++)
        for (v = 0; v < 3; v++) {
            const tls_suite *suite = tls_suite_at(i);
            setup12 s;

            memset(&s, 0, sizeof s);
            if (!(suite->flags & TLS_SUITE_BEARSSL) || suite->version_min > versions[v])
                continue;
            s.server = rsa;
            /* The EC test certificate is self-signed, so static ECDH is ECDH_ECDSA with it. */
            if (suite->authentication == TLS_AUTHENTICATION_ECDSA)
                s.server = ec;
            else if (suite->key_exchange == TLS_KEY_EXCHANGE_ECDH)
                continue;
            s.version = versions[v];
            s.suite = suite->id;
            setup12_full_and_resumed(&s, suite->name, 40000);
        }
}

static void
every_group(identity *ec)
{
    static const uint16_t groups[] = {23, 24, 25};
    size_t i;

    for (i = 0; i < 3; i++) {
        setup12 s;

        memset(&s, 0, sizeof s);
        s.server = ec;
        s.group = groups[i];
        /* The certificate is on P-256, which the client must then offer as well. */
        if (groups[i] == 23)
            setup12_full_and_resumed(&s, "group", 100);
    }
}

static void
variations(identity *rsa, identity *ec)
{
    identity *kinds[3];
    int k, mutual, external, watch;
    size_t chunk;

    kinds[0] = rsa;
    kinds[1] = ec;
    kinds[2] = rsa; /* by DHE */
    for (k = 0; k < 3; k++)
        for (mutual = 0; mutual < 2; mutual++)
            for (external = 0; external < 2; external++)
                for (watch = 0; watch < 2; watch++)
                    for (chunk = 0; chunk < 2; chunk++) {
                        setup12 s;
                        char what[100];

                        sprintf(what, "kind %d mutual %d external %d watch %d chunk %d", k, mutual,
                            external, watch, (int)chunk);
                        memset(&s, 0, sizeof s);
                        s.server = kinds[k];
                        s.client = mutual ? kinds[(k + 1) % 2] : NULL;
                        s.suite = k == 2 ? 0x009E : 0;
                        s.external = external;
                        s.chunk = chunk;
                        s.stages = s.decisions = watch ? UINT32_MAX : 0;
                        setup12_full_and_resumed(&s, what, 3000);
                    }
}

static void
static_rsa_keyless(identity *rsa)
{
    setup12 s;

    memset(&s, 0, sizeof s);
    s.server = rsa;
    s.suite = 0x009C;
    s.external = 1;
    s.stages = s.decisions = UINT32_MAX;
    setup12_full_and_resumed(&s, "static RSA by decrypt", 100);
}

static void
tickets(identity *ec)
{
    setup12 s;
    tls_connection_info info;
    tls_session *first, *second, *third;
    tls_session_info session_info;
    tls_buffer exported = {0};
    enum tls_reason failure;

    memset(&s, 0, sizeof s);
    s.server = ec;
    check(tls_ticket_keys_new(&s.ticket_keys, 100, 100, clock_now) == TLS_OK, "ticket keys");
    setup12_full_and_resumed(&s, "tickets", 1000);
    s.client = ec;
    setup12_full_and_resumed(&s, "tickets with a client certificate", 1000);
    s.client = NULL;
    s.stages = s.decisions = UINT32_MAX;
    s.chunk = 1;
    setup12_full_and_resumed(&s, "tickets watched", 100);
    s.stages = s.decisions = 0;
    s.chunk = 0;
    setup12_contexts(&s);
    first = setup12_handshake_with(&s, &info, &failure);
    tls_session_get_info(first, &session_info);
    check(session_info.has_ticket && session_info.id.length == 0 && info.ticket, "a ticket, no ID");
    check(session_info.extended_master_secret, "extended master secret in the session");
    /* A ticket survives one rotation, in another process that has the same keys, and is replaced.
     */
    clock_now += 150;
    check(tls_ticket_keys_export(s.ticket_keys, &exported) == TLS_OK, "export keys");
    setup12_free(&s);
    tls_ticket_keys_release(s.ticket_keys);
    check(tls_ticket_keys_new(&s.ticket_keys, 100, 100, clock_now) == TLS_OK, "other keys");
    setup12_contexts(&s);
    s.session = first;
    tls_session_release(setup12_handshake_with(&s, &info, &failure));
    check(info.established && !info.resumed, "a ticket under unknown keys");
    check(tls_ticket_keys_replace(s.ticket_keys, tls_buffer_view(&exported), clock_now) == TLS_OK,
        "replace keys");
    second = setup12_handshake_with(&s, &info, &failure);
    check(info.resumed && second != NULL && second != first, "resumed after a rotation, reissued");
    /* Past the overlap it opens no more, but the new one does. */
    clock_now += 60;
    s.session = first;
    tls_session_release(setup12_handshake_with(&s, &info, &failure));
    check(info.established && !info.resumed, "a ticket past its overlap");
    s.session = second;
    third = setup12_handshake_with(&s, &info, &failure);
    check(info.resumed, "the reissued ticket");
    clock_now -= 210;
    check(tls_ticket_keys_replace(s.ticket_keys, tls_bytes_of_string("no keys"), clock_now) ==
              TLS_REASON_BAD_TICKET_KEYS,
        "bad keys");
    s.session = NULL;
    tls_session_release(first);
    tls_session_release(second);
    tls_session_release(third);
    tls_buffer_release(&exported);
    setup12_free(&s);
    tls_ticket_keys_release(s.ticket_keys);
}

static void
extended_master_secret(identity *ec)
{
    setup12 s;
    tls_connection_info info;
    tls_session *session;
    enum tls_reason failure;

    memset(&s, 0, sizeof s);
    s.server = ec;
    s.client_without = 1;
    setup12_full_and_resumed(&s, "a client without extended master secret", 100);
    s.client_without = 0;
    s.server_without = 1;
    setup12_full_and_resumed(&s, "a server without extended master secret", 100);
    s.client_requires = 1;
    setup12_contexts(&s);
    tls_session_release(setup12_handshake_with(&s, &info, &failure));
    check(!info.established && failure == TLS_REASON_PEER_ALERT, "a client that requires it");
    setup12_free(&s);
    s.client_requires = s.server_without = 0;
    s.server_requires = s.client_without = 1;
    setup12_contexts(&s);
    tls_session_release(setup12_handshake_with(&s, &info, &failure));
    check(!info.established && failure == TLS_REASON_EXTENDED_MASTER_SECRET,
        "a server that requires it");
    setup12_free(&s);
    /* RFC 7627 section 5.3: made without it, offered with it: a full handshake. */
    s.server_requires = 0;
    setup12_contexts(&s);
    session = setup12_handshake_with(&s, &info, &failure);
    check(info.established && !info.extended_master_secret, "without it");
    {
        tls_context *server = s.server_context;
        tls_context *old_client = s.client_context;

        s.client_without = 0;
        setup12_contexts(&s);
        tls_context_release(s.server_context);
        tls_context_release(old_client);
        s.server_context = server;
    }
    s.session = session;
    tls_session_release(setup12_handshake_with(&s, &info, &failure));
    check(info.established && !info.resumed && info.extended_master_secret, "no change of kind");
    tls_session_release(session);
    setup12_free(&s);
}

static void
idle_memory(identity *ec)
{
    setup12 s;
    side12 client, server;
    tls_connection_info info;

    memset(&s, 0, sizeof s);
    s.server = ec;
    setup12_contexts(&s);
    setup12_open(&s, &client, &server);
    side12_pump(&client, &server, 0);
    check(side12_exchange(&client, &server, 100000, 0), "idle (data)");
    side12_pump(&client, &server, 0);
    tls_connection_get_info(client.c, &info);
    check(info.memory < 4096, "an idle connection holds under 4 KB (%u bytes)",
        (unsigned)info.memory);
    side12_close(&client, &server);
    setup12_free(&s);
}

int
main(void)
{
    identity rsa = identity_load(rsa_certificate, rsa_key);
    identity ec = identity_load(ec_certificate, ec_key);

    every_suite(&rsa, &ec);
    every_group(&ec);
    variations(&rsa, &ec);
    static_rsa_keyless(&rsa);
    tickets(&ec);
    extended_master_secret(&ec);
    idle_memory(&ec);
    identity_unload(&rsa);
    identity_unload(&ec);
    return check_end();
}
