/* connection13_records_test.c - the lengths of TLS 1.3's records on the wire: what a peer asks for,
 * and padding. */
#include <stdio.h>

#include "support/check.h"
#include "support/inside.h"
#include "support/pair.h"

static pair p;

static void
established(const char *what)
{
    handshake(&p, what, TLS_VERSION_13);
    pair_pump(&p);
}

static size_t
longest_record(const side *s)
{
    size_t longest = 0, i;

    for (i = 0; i < s->record_count; i++)
        if (s->records[i].type == TLS_CONTENT_APPLICATION_DATA && s->records[i].length > longest)
            longest = s->records[i].length;
    return longest;
}

static void
record_limits(void)
{
    static const unsigned limits[] = {64, 200, 1024, 16384};
    size_t i;

    for (i = 0; i < 4; i++) {
        char what[60];
        unsigned limit = limits[i], other = limits[3 - i];

        snprintf(what, sizeof what, "record_size_limit %u and %u", limit, other);
        pair_init(&p, &identities[P256]);
        pair_client_is(&p, &identities[P384]);
        p.client_options.record_size_limit = limit;
        p.server_options.record_size_limit = other;
        p.server_options.session_cache_size = 2;
        p.server_options.ticket_count = 1;
        established(what);
        check(info_of(&p.server).record_size_limit == limit &&
                  info_of(&p.client).record_size_limit == other,
            "%s: told", what);
        exchange(&p, what, 20000);
        /* RFC 8449 section 4: of the content and its type; the tag of AEAD comes to it. */
        check(longest_record(&p.server) == limit + 16, "%s: the server's longest is %u", what,
            (unsigned)longest_record(&p.server));
        check(longest_record(&p.client) == other + 16, "%s: the client's longest is %u", what,
            (unsigned)longest_record(&p.client));
        /* Who is sent more than it can take says so. */
        inside_set_fragment_limit(p.client.c, other);
        (void)send_data(&p, &p.client, &p.server, other);
        check(tls_connection_failure(p.server.c) == TLS_REASON_RECORD_OVERFLOW, "%s: overflow: %s",
            what, trouble(&p));
        pair_free(&p);
    }
    pair_init(&p, &identities[P256]);
    p.client_options.record_size_limit = 300;
    established("one limit");
    exchange(&p, "one limit", 20000);
    check(longest_record(&p.server) == 316 && longest_record(&p.client) == 16384 + 17,
        "one limit: only that side's is kept");
    pair_free(&p);
}

static void
fragment_lengths(void)
{
    unsigned length;

    for (length = 512; length <= 4096; length *= 2) {
        char what[60];

        snprintf(what, sizeof what, "max_fragment_length %u", length);
        pair_init(&p, &identities[P256]);
        p.client_options.max_fragment_length = length;
        established(what);
        check(info_of(&p.client).max_fragment_length == length &&
                  info_of(&p.server).max_fragment_length == length,
            "%s: agreed", what);
        exchange(&p, what, 20000);
        check(longest_record(&p.server) == length + 17 && longest_record(&p.client) == length + 17,
            "%s: %u and %u", what, (unsigned)longest_record(&p.server),
            (unsigned)longest_record(&p.client));
        pair_free(&p);
    }
}

static void
padding(void)
{
    static const uint16_t suites[] = {0x1301, 0x1305};
    static const unsigned multiples[] = {16, 100, 1000, 16384};
    size_t s, m, i;

    for (s = 0; s < 2; s++)
        for (m = 0; m < 4; m++) {
            unsigned multiple = multiples[m];
            size_t tag = s == 0 ? 16 : 8;
            const side *sides[2];
            char what[60];
            int which;

            snprintf(what, sizeof what, "record_padding %u, tag %u", multiple, (unsigned)tag);
            pair_init(&p, &identities[P256]);
            pair_client_is(&p, &identities[P256]);
            p.client_options.suites = p.server_options.suites = &suites[s];
            p.client_options.suite_count = p.server_options.suite_count = 1;
            p.client_options.record_padding = p.server_options.record_padding = multiple;
            p.server_options.ticket_count = 2;
            p.server_options.session_cache_size = 2;
            p.server_options.max_early_data = 1000;
            established(what);
            check(tls_connection_update_keys(p.client.c, 1) == TLS_OK, "%s: an update", what);
            pair_pump(&p);
            for (i = 1; i < 2000; i += 333)
                check(send_data(&p, &p.client, &p.server, i) &&
                          send_data(&p, &p.server, &p.client, i),
                    "%s: data", what);
            exchange(&p, what, 20000);
            say_goodbye(&p, what);
            check(resume_next(&p), "%s: a session", what);
            p.client_connection.early_data = tls_bytes_make(pattern(), 300);
            sides[0] = &p.client;
            sides[1] = &p.server;
            for (which = 0; which < 4; which++) {
                const side *side = sides[which % 2];
                size_t wrong = 0, protected_count = 0;

                if (which == 2) {
                    handshake(&p, what, TLS_VERSION_13);
                    pair_pump(&p);
                    check(info_of(&p.server).early_data == TLS_EARLY_DATA_ACCEPTED,
                        "%s: early data", what);
                }
                for (i = 0; i < side->record_count; i++) {
                    size_t inner = side->records[i].length - tag;

                    if (side->records[i].type != TLS_CONTENT_APPLICATION_DATA)
                        continue;
                    protected_count++;
                    /* A full record has no room for padding. */
                    wrong += inner % multiple != 0 && inner != TLS_RECORD_INNER_MAXIMUM;
                }
                check(wrong == 0 && protected_count >= 2, "%s: %u of %u records are not padded",
                    what, (unsigned)wrong, (unsigned)protected_count);
            }
            forget_session(&p);
            pair_free(&p);
        }
}

int
main(void)
{
    load_identities();
    record_limits();
    fragment_lengths();
    padding();
    unload_identities();
    return check_end();
}
