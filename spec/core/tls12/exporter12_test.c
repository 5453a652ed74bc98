/* exporter12_test.c - keying material of TLS 1.0 to 1.2 (RFC 5705 section 4), computed beside it by
 * BearSSL from the master secret of the key log: with the hash of the suite, or the older PRF. */
#include <bearssl.h>
#include <string.h>

#include "support/check.h"
#include "support/exact_bytes.h"
#include "support/pair.h"

#define LABEL "EXPORTER-test"

static pair p;

static void
exports(unsigned version, uint16_t suite, br_tls_prf_impl prf)
{
    tls_bytes context = tls_bytes_of_string("context"), master;
    unsigned char expected[80], got[80];
    static const unsigned char length[2] = {0, 7};
    br_tls_prf_seed_chunk seed[4];
    const char *line;
    int with;

    check_about("version %x, suite %x: ", version, suite);
    pair_init(&p, &identities[P256]);
    p.client_options.version_min = p.server_options.version_min = version;
    p.client_options.version_max = p.server_options.version_max = version;
    p.client_options.suites = p.server_options.suites = &suite;
    p.client_options.suite_count = p.server_options.suite_count = 1;
    pair_watch(&p);
    handshake(&p, "exporter", version);
    line = strstr(p.client.keylog, "CLIENT_RANDOM ");
    require(line != NULL && strlen(line) > 14 + 64 + 1 + 96, "the master secret");
    p.client.keylog[line + 14 + 64 + 1 + 96 - p.client.keylog] = '\0';
    master = from_hex(line + 14 + 64 + 1);
    seed[0].data = info_of(&p.client).client_random.data;
    seed[1].data = info_of(&p.client).server_random.data;
    seed[0].len = seed[1].len = 32;
    seed[2].data = length;
    seed[2].len = sizeof length;
    seed[3].data = context.data;
    seed[3].len = context.length;
    for (with = 0; with < 2; with++) {
        prf(expected, sizeof expected, master.data, master.length, LABEL, with ? 4 : 2, seed);
        check_reason(tls_connection_export_keying_material(
                         p.client.c, got, sizeof got, LABEL, with ? &context : NULL),
            TLS_OK, "exported");
        check(memcmp(got, expected, sizeof got) == 0, "%s context", with ? "with a" : "without");
    }
    release(master);
    pair_free(&p);
}

int
main(void)
{
    load_identities();
    exports(TLS_VERSION_12, 0xC02B, br_tls12_sha256_prf);
    exports(TLS_VERSION_12, 0xC02C, br_tls12_sha384_prf);
    exports(TLS_VERSION_12, 0xC023, br_tls12_sha256_prf);
    exports(TLS_VERSION_11, 0xC009, br_tls10_prf);
    unload_identities();
    return check_end();
}
