/* key_agreement.c - the peer's point in ECDHE and static ECDH of TLS 1.0 to 1.2. BearSSL takes an
 * X25519 secret of zeros, and its server goes on with a random secret after a point that is none,
 * which shows only at Finished: RFC 8422 sections 5.10 and 5.11 want illegal_parameter at once.
 * So BearSSL's engine gets arithmetic that looks, and that remembers what it saw.
 *
 * A multiplication has no context argument, but a server's point stands in the pad of the engine
 * that calls: that is how the engine is found, without globals. A client needs none: BearSSL's
 * client fails by itself when a multiplication does. */
#include <stddef.h>
#include <string.h>

#include "crypto/key_exchange.h"
#include "key/key_bearssl.h"
#include "tls12/internal.h"

static uint32_t
multiply_for_server(unsigned char *point, size_t length, const unsigned char *scalar,
    size_t scalar_length, int group)
{
    tls12_engine *e =
        (tls12_engine *)(uintptr_t)((const char *)point - offsetof(br_ssl_engine_context, pad) -
                                    offsetof(tls12_engine, bearssl));
    uint32_t good = tls_ec_multiply(point, length, scalar, scalar_length, group);

    e->bad_point = !good;
    return good;
}

void
tls12_set_key_agreement(tls12_engine *e)
{
    br_ssl_engine_context *engine = tls12_core(e);

    e->arithmetic = *engine->iec;
    e->arithmetic.mul =
        e->handshake->host->role == TLS_ROLE_SERVER ? multiply_for_server : tls_ec_multiply;
    br_ssl_engine_set_ec(engine, &e->arithmetic);
}

uint32_t
tls12_static_agreement(tls12_engine *e, unsigned char *data, size_t *length)
{
    const br_ec_private_key *key = tls_private_key_ec(e->handshake->terms.credential.key);
    size_t offset, coordinate;
    uint32_t good = tls_ec_multiply(data, *length, key->x, key->xlen, key->curve);

    e->bad_point = !good;
    offset = e->arithmetic.xoff(key->curve, &coordinate);
    memmove(data, data + offset, coordinate);
    *length = coordinate;
    return good;
}
