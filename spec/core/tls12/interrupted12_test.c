/* interrupted12_test.c - handshakes of TLS 1.2 that do not come to their end: tampered with, cut
 * short, refused, and dropped at every step. */
#include <string.h>

#include "support/check.h"
#include "support/setup12.h"

/* Every byte of the handshake flipped, one connection each: never a crash, never established with
 * both sides agreeing on something that was altered. */
static void
tampered(identity *ec)
{
    setup12 s;
    size_t position;

    memset(&s, 0, sizeof s);
    s.server = ec;
    setup12_contexts(&s);
    for (position = 0; position < 1600; position += 3) {
        side12 client, server;
        size_t seen = 0;
        int busy = 1;
        tls_connection_info ci, si;

        setup12_open(&s, &client, &server);
        while (busy) {
            tls_bytes output;

            busy = side12_run(&client);
            busy |= side12_move(&client, &server, 0);
            busy |= side12_run(&server);
            output = tls_connection_output(server.c);
            if (output.length > 0 && seen <= position && position < seen + output.length)
                ((unsigned char *)(uintptr_t)output.data)[position - seen] ^= 0x41;
            seen += output.length;
            busy |= side12_move(&server, &client, 0);
        }
        tls_connection_get_info(client.c, &ci);
        tls_connection_get_info(server.c, &si);
        if (seen > position)
            check(!ci.established, "tampered handshake is refused (established)");
        side12_close(&client, &server);
    }
    setup12_free(&s);
}

/* The transport ends after every possible byte: truncated, or closed by an alert, never
 * established. */
static void
cut_short(identity *ec)
{
    setup12 s;
    size_t limit;

    memset(&s, 0, sizeof s);
    s.server = ec;
    s.stages = UINT32_MAX;
    setup12_contexts(&s);
    for (limit = 0; limit < 900; limit += 7) {
        side12 client, server;
        size_t left = limit;
        int busy = 1;

        setup12_open(&s, &client, &server);
        while (busy) {
            tls_bytes output;
            size_t n;

            busy = side12_run(&client);
            busy |= side12_move(&client, &server, 0);
            busy |= side12_run(&server);
            output = tls_connection_output(server.c);
            n = output.length < left ? output.length : left;
            tls_connection_feed(client.c, output.data, n);
            tls_connection_output_consume(server.c, n);
            left -= n;
            busy |= n > 0;
        }
        tls_connection_feed_end(client.c);
        side12_run(&client);
        if (client.last == TLS_EVENT_FAILED)
            check(tls_connection_failure(client.c) == TLS_REASON_TRUNCATED, "cut short (%s)",
                tls_connection_failure_text(client.c));
        side12_close(&client, &server);
    }
    setup12_free(&s);
}

static void
refused(identity *rsa, identity *ec)
{
    setup12 s;
    side12 client, server;

    memset(&s, 0, sizeof s);
    s.server = ec;
    setup12_contexts(&s);
    tls_context_release(s.client_context);
    s.server = rsa; /* the client trusts another certificate */
    {
        tls_context *kept = s.server_context;

        setup12_contexts(&s);
        tls_context_release(s.server_context);
        s.server_context = kept;
    }
    setup12_open(&s, &client, &server);
    side12_pump(&client, &server, 0);
    check(client.last == TLS_EVENT_FAILED && server.last == TLS_EVENT_FAILED, "untrusted (events)");
    check(tls_connection_failure(server.c) == TLS_REASON_PEER_ALERT &&
              tls_connection_peer_alert(server.c) == TLS_ALERT_UNKNOWN_CA,
        "untrusted (%s)", tls_connection_failure_text(client.c));
    side12_close(&client, &server);
    setup12_free(&s);
}

static void
dropped_anywhere(identity *ec)
{
    setup12 s;
    tls_connection_info info;
    int steps, complete = 0;

    memset(&s, 0, sizeof s);
    s.server = ec;
    s.stages = s.decisions = UINT32_MAX;
    setup12_contexts(&s);
    for (steps = 0; steps < 60; steps++) {
        side12 client, server;
        int i;

        setup12_open(&s, &client, &server);
        for (i = 0; i < steps; i++) {
            if (tls_connection_step(client.c) == TLS_EVENT_WANT_READ)
                side12_move(&client, &server, 0);
            if (tls_connection_step(server.c) == TLS_EVENT_WANT_READ)
                side12_move(&server, &client, 0);
        }
        tls_connection_get_info(client.c, &info);
        complete += info.established;
        if (steps % 2)
            side12_close(&client, &server);
        else
            side12_close(&server, &client);
    }
    check(complete > 0 && complete < 60, "dropped at every step: %d were established", complete);
    setup12_free(&s);
}

int
main(void)
{
    identity rsa = identity_load(rsa_certificate, rsa_key);
    identity ec = identity_load(ec_certificate, ec_key);

    tampered(&ec);
    cut_short(&ec);
    refused(&rsa, &ec);
    dropped_anywhere(&ec);
    identity_unload(&rsa);
    identity_unload(&ec);
    return check_end();
}
