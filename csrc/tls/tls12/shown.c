/* shown.c - the suites that BearSSL does not know, under the name of one that it does: of the same
 * authentication, PRF, cipher and MAC. ECDHE_RSA has no AES-256-CBC with SHA-256; for
 * TLS_DHE_RSA_WITH_AES_256_CBC_SHA256 it is the suite with AES-128, and when BearSSL sets up its
 * records the keys that have twice the length are given to them here. The MAC's keys stand before
 * them in the key block (RFC 5246 section 6.3), and so are the same. */
#include <stddef.h>

#include "tls12/internal.h"

unsigned
tls12_shown_suite(unsigned suite)
{
    static const uint16_t table[][2] = {
        {0x0033, BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
        {0x0039, BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA},
        {0x0067, BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256},
        {0x006B, BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256},
        {0x009E, BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
        {0x009F, BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
        {0xCCAA, BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
    };
    size_t i;

    for (i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i][0] == suite)
            return table[i][1];
    return suite;
}

enum tls_reason
tls12_parse_shown(const tls12_engine *e, tls_message *message, tls_bytes raw)
{
    const tls_facts *facts = &e->handshake->facts;

    return tls_message_parse(message, raw, facts->version, tls12_shown_suite(facts->suite));
}

size_t
tls12_hidden_key_bytes(const tls12_engine *e)
{
    const tls_suite *suite = tls_suite_find(e->handshake->facts.suite);

    if (suite == NULL)
        return 0;
    return (suite->key_bits - tls_suite_find(tls12_shown_suite(suite->id))->key_bits) / 4; /* two */
}

/* real_key: the key of one direction, behind both of the MAC, where BearSSL gives a shorter one.
 * When it resumes it is shown a suite that has the right one. */
static const void *
real_key(const tls12_engine *e, const void *key, size_t *length, size_t mac_length, int by_client)
{
    const tls_suite *suite = tls_suite_find(e->handshake->facts.suite);

    if (suite == NULL || suite->cipher != TLS_CIPHER_AES || *length == suite->key_bits / 8)
        return key;
    *length = suite->key_bits / 8;
    return e->key_block + 2 * mac_length + (by_client ? 0 : *length);
}

static int
is_client(const tls12_engine *e)
{
    return e->handshake->host->role == TLS_ROLE_CLIENT;
}

/* The engine then has BearSSL's classes again, which tell what kind of protection is in force. */
static void
start_in(const br_sslrec_in_cbc_class **ctx, const br_block_cbcdec_class *block, const void *key,
    size_t length, const br_hash_class *hash, const void *mac_key, size_t mac_length, size_t output,
    const void *iv)
{
    tls12_engine *e =
        (tls12_engine *)(uintptr_t)((const char *)ctx - offsetof(br_ssl_engine_context, in) -
                                    offsetof(tls12_engine, bearssl));

    key = real_key(e, key, &length, mac_length, !is_client(e));
    tls12_core(e)->icbc_in = &br_sslrec_in_cbc_vtable;
    br_sslrec_in_cbc_vtable.init(ctx, block, key, length, hash, mac_key, mac_length, output, iv);
}

static void
start_out(const br_sslrec_out_cbc_class **ctx, const br_block_cbcenc_class *block, const void *key,
    size_t length, const br_hash_class *hash, const void *mac_key, size_t mac_length, size_t output,
    const void *iv)
{
    tls12_engine *e =
        (tls12_engine *)(uintptr_t)((const char *)ctx - offsetof(br_ssl_engine_context, out) -
                                    offsetof(tls12_engine, bearssl));

    key = real_key(e, key, &length, mac_length, is_client(e));
    tls12_core(e)->icbc_out = &br_sslrec_out_cbc_vtable;
    br_sslrec_out_cbc_vtable.init(ctx, block, key, length, hash, mac_key, mac_length, output, iv);
}

void
tls12_set_cbc(br_ssl_engine_context *engine)
{
    static const br_sslrec_in_cbc_class in = {{0, NULL, NULL}, start_in};
    static const br_sslrec_out_cbc_class out = {{0, NULL, NULL}, start_out};

    br_ssl_engine_set_cbc(engine, &in, &out);
}
