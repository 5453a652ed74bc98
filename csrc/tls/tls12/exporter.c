/* exporter.c - keying material and tls-unique of TLS 1.0 to 1.2 (RFC 5705, RFC 5929). */
#include "crypto/prf.h"
#include "tls12/internal.h"

/* Without the extended master secret, two connections of an attacker's making can share a master
 * secret, and what is derived from it binds nothing (RFC 7627 section 6.1 and 6.2, RFC 9266 section
 * 3).
 */
static enum tls_reason
check_unique(const tls_facts *facts)
{
    return facts->extended_master_secret ? TLS_OK : TLS_REASON_UNSAFE_BINDING;
}

static br_tls_prf_impl
prf_of(const tls_facts *facts)
{
    const tls_suite *suite = tls_suite_find(facts->suite);

    if (facts->version < TLS_VERSION_12)
        return &br_tls10_prf;
    if (suite != NULL && suite->prf_hash == TLS_HASH_SHA384)
        return &tls_prf_sha384;
    return &tls_prf_sha256;
}

enum tls_reason
tls12_export(const tls_host *host, int early, unsigned char *out, size_t length, const char *label,
    const tls_bytes *context)
{
    const tls_facts *facts = &host->settled;
    unsigned char context_length[2];
    br_tls_prf_seed_chunk seed[4];
    size_t seed_count = 2;
    enum tls_reason reason = early ? TLS_REASON_NOT_READY : check_unique(facts);

    if (reason != TLS_OK)
        return reason;
    seed[0].data = facts->client_random;
    seed[0].len = sizeof facts->client_random;
    seed[1].data = facts->server_random;
    seed[1].len = sizeof facts->server_random;
    if (context != NULL) {
        tls_put16(context_length, (uint32_t)context->length);
        seed[2].data = context_length;
        seed[2].len = sizeof context_length;
        seed[3].data = context->data;
        seed[3].len = context->length;
        seed_count = 4;
    }
    prf_of(facts)(
        out, length, facts->master_secret, sizeof facts->master_secret, label, seed_count, seed);
    return TLS_OK;
}

/* RFC 5929 section 3.1: the first Finished of the handshake. */
enum tls_reason
tls12_unique(const tls_host *host, tls_bytes *binding)
{
    const tls_facts *facts = &host->settled;

    *binding = facts->resumed
                   ? tls_bytes_make(facts->server_verify_data, facts->server_verify_length)
                   : tls_bytes_make(facts->client_verify_data, facts->client_verify_length);
    return check_unique(facts);
}
