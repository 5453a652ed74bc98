/* full_output_test.c - output that is full up to what is kept back for alerts, then a warning, then
 * more data: nothing of it is taken, nothing is written behind the buffer, and the peer gets all
 * that was taken. */
#include "base/pool.h"
#include "support/check.h"
#include "support/inside.h"
#include "support/pair.h"

static pair p;

/* fill writes pieces of this size until none is taken, and returns how much was. */
static size_t
fill(side *s, size_t piece)
{
    size_t total = 0, n;

    do {
        check_reason(tls_connection_write(s->c, &n, pattern(), piece), TLS_OK, "a write");
        total += n;
    } while (n > 0);
    return total;
}

/* refused: the server, whose output is full, answers a renegotiation that it does not want. */
static void
refused(void)
{
    size_t total, before, after, n = 1;

    pair_init(&p, &identities[P256]);
    p.client_options.version_max = p.server_options.version_max = TLS_VERSION_12;
    p.client_options.renegotiation = 1;
    pair_watch(&p);
    if (!check(handshake(&p, "established", TLS_VERSION_12), "established"))
        return;
    total = fill(&p.server, 4000) + fill(&p.server, 1);
    before = tls_connection_output(p.server.c).length;
    check(before > TLS_POOL_BUFFER_LENGTH - 1000, "the output is full");
    check(tls_connection_renegotiate(p.client.c, TLS_VERIFY_DEFAULT) == TLS_OK, "asked");
    side_run(&p.client);
    side_move(&p.client, &p.server, 0);
    side_run(&p.server);
    after = tls_connection_output(p.server.c).length;
    check(after > before && after <= TLS_POOL_BUFFER_LENGTH, "there was room for the warning");
    check_reason(tls_connection_write(p.server.c, &n, pattern(), 40000), TLS_OK, "more");
    check_number(n, 0, "taken of more");
    check_number(tls_connection_output(p.server.c).length, after, "bytes of output");
    pair_pump(&p);
    check_number(p.client.data_length, total, "bytes that arrived");
    check_text(trouble(&p), "no failure", "both go on");
    check(!tls_connection_in_renegotiation(p.client.c), "the client read the warning");
    pair_free(&p);
}

int
main(void)
{
    load_identities();
    refused();
    unload_identities();
    return check_end();
}
