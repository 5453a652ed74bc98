/* ticket.c - tickets and exported ticket keys: what was sealed opens, and nothing else; a set that
 * was taken over can be exported again and used. */
#include "fuzz.h"

#include "session/internal.h"
#include "session/ticket.h"

#define NOW 1893456000

static tls_ticket_keys *
new_keys(void)
{
    uint64_t random = 3;
    tls_ticket_keys *keys;

    fuzz_random_use(&random);
    fuzz_check(tls_ticket_keys_new(&keys, 0, 0, NOW) == TLS_OK);
    fuzz_random_use(NULL);
    return keys;
}

static void
seal_and_open(tls_ticket_keys *keys, tls_bytes plaintext)
{
    tls_buffer ticket = {NULL, 0, 0, 0}, opened = {NULL, 0, 0, 0};
    size_t at;

    fuzz_check(tls_ticket_seal(keys, &ticket, plaintext, NOW) == TLS_OK);
    fuzz_check(tls_ticket_open(keys, &opened, tls_buffer_view(&ticket), NOW));
    fuzz_check(tls_bytes_equal(tls_buffer_view(&opened), plaintext));
    at = plaintext.length > 0 ? plaintext.data[0] % ticket.length : 0;
    ticket.data[at] ^= 1;
    fuzz_check(!tls_ticket_open(keys, &opened, tls_buffer_view(&ticket), NOW));
    tls_buffer_release(&ticket);
    tls_buffer_release(&opened);
}

static void
replace_keys(tls_ticket_keys *keys, tls_bytes exported)
{
    tls_buffer out = {NULL, 0, 0, 0};
    tls_ticket_keys *others;
    size_t before = tls_ticket_keys_count(keys);

    if (tls_ticket_keys_replace(keys, exported, NOW) != TLS_OK) {
        fuzz_check(tls_ticket_keys_count(keys) == before);
        return;
    }
    fuzz_check(
        tls_ticket_keys_count(keys) >= 1 && tls_ticket_keys_count(keys) <= TLS_TICKET_KEYS_MAXIMUM);
    fuzz_check(tls_ticket_keys_export(keys, &out) == TLS_OK);
    others = new_keys();
    fuzz_check(tls_ticket_keys_replace(others, tls_buffer_view(&out), NOW) == TLS_OK);
    tls_ticket_keys_release(others);
    tls_buffer_release(&out);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes input = tls_bytes_make(data, length);
    tls_ticket_keys *keys = new_keys();
    tls_buffer opened = {NULL, 0, 0, 0};
    tls_session *session;

    if (tls_ticket_open(keys, &opened, input, NOW) &&
        tls_session_import(&session, tls_buffer_view(&opened)) == TLS_OK)
        tls_session_release(session);
    tls_buffer_release(&opened);
    seal_and_open(keys, input);
    replace_keys(keys, input);
    tls_ticket_keys_rotate(keys, NOW);
    tls_ticket_keys_release(keys);
    return 0;
}
