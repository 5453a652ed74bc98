/* connection13_robust_test.c - handshakes of TLS 1.3 under bad conditions, without Lua: answers
 * that come late, keys that are elsewhere, single bytes, bytes that are changed or missing, and an
 * end at every step. */
#include <stdio.h>

#include "support/check.h"
#include "support/pair.h"

static pair p;

/* ---- Answers that come late, keys that are elsewhere, bytes one by one ---- */

static void
late(void)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};
    int k, retry;
    size_t chunk;

    for (k = 0; k < KINDS; k++)
        for (retry = 0; retry < 2; retry++)
            for (chunk = 0; chunk < 2; chunk++) {
                char what[60];

                if (k >= P384 && (retry || chunk))
                    continue;
                snprintf(what, sizeof what, "late, %s, retry %d, chunk %d", kind_names[k], retry,
                    (int)chunk);
                pair_init(&p, &identities[k]);
                pair_client_is(&p, &identities[KINDS - 1 - k]);
                p.server_credential.key = identities[k].external;
                p.client_credential.key = identities[KINDS - 1 - k].external;
                p.server.id = &identities[k];
                p.client.id = &identities[KINDS - 1 - k];
                if (retry) {
                    p.client_options.groups = client_groups;
                    p.client_options.group_count = 2;
                    p.server_options.groups = server_groups;
                    p.server_options.group_count = 1;
                }
                p.server_options.session_cache_size = 4;
                p.server_options.ticket_count = 2;
                p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
                p.client_connection.decision_mask = p.server_connection.decision_mask = UINT32_MAX;
                p.client.late = p.server.late = 3;
                p.chunk = chunk;
                if (handshake(&p, what, TLS_VERSION_13)) {
                    exchange(&p, what, 300);
                    check(p.server.decisions[TLS_DECISION_SELECT] == 1 &&
                              p.server.decisions[TLS_DECISION_SIGN] == 1 &&
                              p.server.decisions[TLS_DECISION_VERIFY] == 1 &&
                              p.server.decisions[TLS_DECISION_SESSION_STORE] == 2 &&
                              p.server.decisions[TLS_DECISION_KEYLOG] == 5,
                        "%s: the server's decisions", what);
                    check(p.client.decisions[TLS_DECISION_PSK] == 1 &&
                              p.client.decisions[TLS_DECISION_SIGN] == 1 &&
                              p.client.decisions[TLS_DECISION_VERIFY] == 1 &&
                              p.client.decisions[TLS_DECISION_CLIENT_CERTIFICATE] == 1 &&
                              p.client.decisions[TLS_DECISION_SESSION_STORE] == 2 &&
                              p.client.decisions[TLS_DECISION_KEYLOG] == 5,
                        "%s: the client's decisions", what);
                    say_goodbye(&p, what);
                }
                pair_free(&p);
            }
    /* Nobody signs. */
    pair_init(&p, &identities[P256]);
    p.server_credential.key = identities[P256].external;
    fails(&p, "nobody signs", &p.server, TLS_REASON_SIGN_FAILED, TLS_ALERT_INTERNAL_ERROR);
    pair_free(&p);
    /* Another key signs. */
    pair_init(&p, &identities[P256]);
    p.server_credential.key = identities[P256].external;
    p.server.id = &identities[P384];
    fails(&p, "another signs", &p.client, TLS_REASON_BAD_SIGNATURE, TLS_ALERT_DECRYPT_ERROR);
    pair_free(&p);
}

/* ---- Damage ---- */

/* past_header: the place itself, or that behind a record's version and length which it stands in.
 * `output` is whole records. */
static size_t
past_header(tls_bytes output, size_t place)
{
    size_t at;

    for (at = 0; at + TLS_RECORD_HEADER_LENGTH <= output.length;
         at += TLS_RECORD_HEADER_LENGTH + tls_get16(output.data + at + 3))
        if (place > at && place < at + TLS_RECORD_HEADER_LENGTH)
            return at + TLS_RECORD_HEADER_LENGTH;
    return place;
}

/* pump_changed pumps, with one byte of what a side sends changed; returns how many it has sent. */
static size_t
pump_changed(side *from, side *to, size_t position)
{
    size_t seen = 0;
    int busy = 1;

    while (busy) {
        tls_bytes output;

        busy = side_run(from);
        output = tls_connection_output(from->c);
        if (seen <= position && position < seen + output.length)
            ((unsigned char *)(uintptr_t)output.data)[past_header(output, position - seen)] ^= 0x41;
        seen += output.length;
        busy |= side_move(from, to, 0);
        busy |= side_run(to);
        busy |= side_move(to, from, 0);
    }
    return seen;
}

/* Every third byte that one side sends is changed, one connection each: the other's handshake never
 * ends well. The versions of records, which mean nothing (RFC 8446 section 5.1), are not among
 * them, nor their lengths, by which the other may wait for more. */
static void
tampered(int of_client)
{
    side *from = of_client ? &p.client : &p.server, *to = of_client ? &p.server : &p.client;
    size_t position, total;

    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P256]);
    p.client_options.no_compatibility = 1;
    pair_open(&p);
    total = pump_changed(from, to, SIZE_MAX);
    check(info_of(to).established && total > 500, "not tampered with: %u bytes", (unsigned)total);
    pair_close(&p);
    for (position = 0; position < total; position += 3) {
        pair_open(&p);
        /* A signature of ECDSA may be shorter this time. */
        if (pump_changed(from, to, position) > position)
            check(!info_of(to).established && to->last == TLS_EVENT_FAILED,
                "tampered with: byte %u of the %s", (unsigned)position,
                of_client ? "client" : "server");
        pair_close(&p);
    }
    pair_free(&p);
}

/* The transport ends after every number of bytes. */
static void
cut_short(int of_client)
{
    side *from = of_client ? &p.client : &p.server, *to = of_client ? &p.server : &p.client;
    size_t limit;

    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P256]);
    pair_watch(&p);
    for (limit = 0; limit < 1500; limit += 13) {
        size_t left = limit;
        int busy = 1;

        pair_open(&p);
        while (busy) {
            tls_bytes output;
            size_t n;

            busy = side_run(from);
            output = tls_connection_output(from->c);
            n = output.length < left ? output.length : left;
            tls_connection_feed(to->c, output.data, n);
            tls_connection_output_consume(from->c, n);
            left -= n;
            busy |= n > 0;
            busy |= side_run(to);
            busy |= side_move(to, from, 0);
        }
        tls_connection_feed_end(to->c);
        side_run(to);
        check(to->last == TLS_EVENT_FAILED && tls_connection_failure(to->c) == TLS_REASON_TRUNCATED,
            "cut short: after %u bytes: %s", (unsigned)limit, tls_connection_failure_text(to->c));
        pair_close(&p);
    }
    pair_free(&p);
}

/* Both sides are given up after every number of steps, while questions and events wait. */
static void
dropped_anywhere(void)
{
    static const uint16_t client_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
    static const uint16_t server_groups[] = {TLS_GROUP_SECP256R1};
    int steps, way, complete = 0;

    pair_init(&p, &identities[P256]);
    pair_client_is(&p, &identities[P256]);
    p.client_options.groups = client_groups;
    p.client_options.group_count = 2;
    p.server_options.groups = server_groups;
    p.server_options.group_count = 1;
    p.server_options.retry_cookie = 1;
    p.server_options.ticket_count = 2;
    p.server_options.session_cache_size = 4;
    p.client_connection.stage_mask = p.server_connection.stage_mask = UINT32_MAX;
    p.client_connection.decision_mask = p.server_connection.decision_mask = UINT32_MAX;
    for (steps = 0; steps < 80; steps++)
        for (way = 0; way < 3; way++) {
            int i;

            pair_open(&p);
            for (i = 0; i < steps; i++) {
                if (tls_connection_step(p.client.c) == TLS_EVENT_WANT_READ)
                    side_move(&p.client, &p.server, 0);
                if (tls_connection_step(p.server.c) == TLS_EVENT_WANT_READ)
                    side_move(&p.server, &p.client, 0);
            }
            if (way == 1) {
                tls_connection_close(p.client.c);
                tls_connection_close(p.server.c);
            } else if (way == 2) {
                tls_connection_end(p.client.c);
                tls_connection_end(p.server.c);
                check(info_of(&p.client).memory < 8192 && info_of(&p.server).memory < 8192,
                    "dropped: memory after the end");
            }
            complete += info_of(&p.client).established;
            pair_close(&p);
        }
    check(complete > 0, "dropped: at every step of a handshake");
    pair_free(&p);
}

static void
closed_early(void)
{
    pair_init(&p, &identities[P256]);
    pair_open(&p);
    side_run(&p.client);
    tls_connection_close(p.client.c);
    pair_pump(&p);
    check(tls_connection_failure(p.server.c) == TLS_REASON_CLOSED &&
              tls_connection_failure(p.client.c) == TLS_REASON_CLOSED,
        "closed during the handshake: %s", tls_connection_failure_text(p.server.c));
    pair_free(&p);
}

int
main(void)
{
    load_identities();
    late();
    tampered(0);
    tampered(1);
    cut_short(0);
    cut_short(1);
    dropped_anywhere();
    closed_early();
    unload_identities();
    return check_end();
}
