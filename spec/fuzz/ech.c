/* ech.c - lists of configurations and key files for Encrypted ClientHello, and inner hellos against
 * an outer one: what is decoded is no longer than both, and what was encoded comes back. */
#include "fuzz.h"

#include "session/ech_open.h"
#include "wire/ech.h"

static void
lists(tls_bytes input)
{
    tls_ech_config config;
    tls_hpke_suite suite;
    tls_reader reader;
    const char *fault;
    size_t length = 2;

    if (tls_ech_config_list_check(input) == TLS_OK) {
        fuzz_check(tls_ech_config_list_open(&reader, input) == TLS_OK);
        while (tls_ech_config_next(&reader, &config))
            length += config.raw.length;
        fuzz_check(length == input.length);
    }
    fuzz_check((tls_ech_choose(input, &config, &suite, &fault) == TLS_OK) == (fault == NULL));
}

static void
files(tls_bytes input)
{
    tls_buffer pem = {NULL, 0, 0, 0};
    tls_ech_keys *keys, *again;

    fuzz_check(tls_ech_keys_new(&keys) == TLS_OK && tls_ech_keys_new(&again) == TLS_OK);
    if (tls_ech_keys_load(keys, input, 0) == TLS_OK) {
        fuzz_check(tls_ech_keys_export(keys, &pem, 1) == TLS_OK);
        fuzz_check(tls_ech_keys_load(again, tls_buffer_view(&pem), 0) == TLS_OK);
        fuzz_check(tls_ech_keys_count(again) == tls_ech_keys_count(keys));
    }
    tls_buffer_release(&pem);
    tls_ech_keys_release(keys);
    tls_ech_keys_release(again);
}

/* hellos: the input is an outer hello and an encoded inner one; where both are hellos themselves,
 * they are encoded against each other too. */
static void
hellos(tls_bytes outer, tls_bytes encoded)
{
    tls_buffer inner = {NULL, 0, 0, 0}, again = {NULL, 0, 0, 0}, back = {NULL, 0, 0, 0};
    tls_client_hello parsed, opened;

    if (tls_client_hello_parse(&parsed, outer) != TLS_OK)
        return;
    if (tls_ech_decode(&inner, encoded, &parsed) == TLS_OK)
        fuzz_check(inner.length <= outer.length + encoded.length + TLS_HANDSHAKE_HEADER_LENGTH);
    if (inner.length > 0 && tls_client_hello_parse(&opened, tls_buffer_view(&inner)) == TLS_OK &&
        tls_bytes_equal(opened.session_id, parsed.session_id) && opened.has_extensions &&
        parsed.has_extensions) {
        fuzz_check(tls_ech_arrange(&inner, outer) == TLS_OK);
        fuzz_check(tls_ech_encode(&again, tls_buffer_view(&inner), outer) == TLS_OK);
        fuzz_check(tls_ech_decode(&back, tls_buffer_view(&again), &parsed) == TLS_OK);
        fuzz_check(tls_bytes_equal(tls_buffer_view(&back), tls_buffer_view(&inner)));
    }
    tls_buffer_release(&inner);
    tls_buffer_release(&again);
    tls_buffer_release(&back);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes input = {data, length};
    unsigned kind = fuzz_u8(&input), size;

    if (kind % 3 == 0) {
        lists(input);
    } else if (kind % 3 == 1) {
        files(input);
    } else {
        size = fuzz_u16(&input);
        if (size > input.length)
            size = (unsigned)input.length;
        hellos(tls_bytes_make(input.data, size),
            tls_bytes_make(input.data + size, input.length - size));
    }
    return 0;
}
