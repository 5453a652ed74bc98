/* key_exchange.c - see key_exchange.h. */
#include "crypto/key_exchange.h"

#include <bearssl.h>
#include <string.h>

#include "crypto/ffdhe.h"
#include "wire/registry.h"
#include "base/declassify.h"
#include "base/random.h"
#include "kernel/kernel.h"

#define X25519_LENGTH 32

size_t
tls_group_share_length(unsigned group)
{
    switch (group) {
    case TLS_GROUP_X25519:
        return X25519_LENGTH;
    case TLS_GROUP_SECP256R1:
        return 65; /* 04 X Y, RFC 8446 section 4.2.8.2 */
    case TLS_GROUP_SECP384R1:
        return 97;
    case TLS_GROUP_SECP521R1:
        return 133;
    default:
        return tls_ffdhe_length(group);
    }
}

int
tls_group_supported(unsigned group)
{
    if (tls_group_share_length(group) == 0)
        return 0;
    return group >= 32 || ((tls_kernels_chosen()->curves.supported_curves >> group) & 1) != 0;
}

int
tls_group_is_curve(unsigned group)
{
    return group <= TLS_GROUP_X25519 && tls_group_share_length(group) != 0;
}

static enum tls_reason
generate_ffdhe(tls_key_exchange_key *key)
{
    enum tls_reason reason;

    key->length = tls_ffdhe_exponent_length(tls_ffdhe_length(key->group));
    reason = tls_ffdhe_exponent(key->secret, tls_ffdhe_length(key->group));
    if (reason != TLS_OK)
        return reason;
    key->public_length = tls_group_share_length(key->group);
    return tls_ffdhe_public(key->public_share, key->group, tls_bytes_make(key->secret, key->length))
               ? TLS_OK
               : TLS_REASON_OUT_OF_MEMORY;
}

/* The system's random bytes as BearSSL's functions take them: one number is not worth a generator.
 */
typedef struct system_random {
    const br_prng_class *vtable;
    enum tls_reason reason;
} system_random;

static void
system_random_generate(const br_prng_class **vtable, void *out, size_t length)
{
    system_random *random = (system_random *)(void *)vtable;

    random->reason = tls_random(out, length);
    if (random->reason != TLS_OK)
        memset(out, 1, length); /* a number that ends the search for one */
}

static enum tls_reason
generate_ec(tls_key_exchange_key *key)
{
    static const br_prng_class system_class = {
        sizeof(system_random), NULL, system_random_generate, NULL};
    const br_ec_impl *ec = &tls_kernels_chosen()->curves;
    system_random random = {&system_class, TLS_OK};
    enum tls_reason reason;

    if (key->group == TLS_GROUP_X25519) {
        /* Any 32 bytes: the multiplication sets and clears what RFC 7748 section 5 says. BearSSL
         * 0.6 takes them in little-endian order and other versions in big-endian order, which is
         * the same for bytes that nobody else reads. */
        key->length = X25519_LENGTH;
        reason = tls_random(key->secret, key->length);
        if (reason != TLS_OK)
            return reason;
    } else {
        /* Rejects what is zero or not below the order (FIPS 186-5 appendix A.2.2). */
        key->length = br_ec_keygen(&random.vtable, ec, NULL, key->secret, (int)key->group);
        if (random.reason != TLS_OK)
            return random.reason;
    }
    key->public_length = ec->mulgen(key->public_share, key->secret, key->length, (int)key->group);
    return key->public_length == tls_group_share_length(key->group) ? TLS_OK : TLS_REASON_INTERNAL;
}

enum tls_reason
tls_key_exchange_generate(tls_key_exchange_key *key, unsigned group)
{
    enum tls_reason reason;

    memset(key, 0, sizeof *key);
    if (!tls_group_supported(group))
        return TLS_REASON_ILLEGAL_PARAMETER;
    key->group = group;
    reason = tls_ffdhe_length(group) != 0 ? generate_ffdhe(key) : generate_ec(key);
    if (reason != TLS_OK)
        tls_key_exchange_wipe(key);
    TLS_DECLASSIFY(key->public_share, key->public_length);
    return reason;
}

tls_bytes
tls_key_exchange_share(const tls_key_exchange_key *key)
{
    return tls_bytes_make(key->public_share, key->public_length);
}

static int
is_zero(const unsigned char *data, size_t length)
{
    unsigned char any = 0;
    size_t i;

    for (i = 0; i < length; i++)
        any |= data[i];
    return any == 0;
}

uint32_t
tls_ec_multiply(unsigned char *point, size_t length, const unsigned char *scalar,
    size_t scalar_length, int group)
{
    const br_ec_impl *ec = &tls_kernels_chosen()->curves;
    size_t offset, coordinate;
    uint32_t good = ec->mul(point, length, scalar, scalar_length, group);

    offset = ec->xoff(group, &coordinate);
    /* On the NIST curves an x coordinate of zero is as good as any. */
    if (group == TLS_GROUP_X25519)
        good &= !is_zero(point + offset, coordinate);
    TLS_DECLASSIFY(&good, sizeof good); /* the handshake ends without */
    return good;
}

/* shared_ec: RFC 8446 section 7.4.2. The lengths are right. */
static enum tls_reason
shared_ec(const tls_key_exchange_key *key, unsigned char *out, size_t *length, tls_bytes peer_share)
{
    unsigned char point[133];
    size_t offset, coordinate;
    uint32_t good;

    /* BearSSL looks at this byte and at the curve's equation itself; section 4.2.8.2 asks for both.
     */
    if (key->group != TLS_GROUP_X25519 && peer_share.data[0] != 0x04)
        return TLS_REASON_ILLEGAL_PARAMETER;
    memcpy(point, peer_share.data, peer_share.length);
    good = tls_ec_multiply(point, peer_share.length, key->secret, key->length, (int)key->group);
    offset = tls_kernels_chosen()->curves.xoff((int)key->group, &coordinate);
    if (good) {
        memcpy(out, point + offset, coordinate);
        *length = coordinate;
    }
    tls_wipe(point, sizeof point);
    return good ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
}

enum tls_reason
tls_key_exchange_shared(
    const tls_key_exchange_key *key, unsigned char *out, size_t *length, tls_bytes peer_share)
{
    size_t expected = tls_group_share_length(key->group);

    if (expected == 0 || key->length == 0 || peer_share.length != expected)
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (tls_ffdhe_length(key->group) == 0)
        return shared_ec(key, out, length, peer_share);
    if (!tls_ffdhe_shared(out, key->group, tls_bytes_make(key->secret, key->length), peer_share))
        return TLS_REASON_ILLEGAL_PARAMETER;
    *length = expected;
    return TLS_OK;
}

void
tls_key_exchange_wipe(tls_key_exchange_key *key)
{
    tls_wipe(key, sizeof *key);
}
