/* key_exchange.c - see key_exchange.h. */
#include "crypto/key_exchange.h"

#include <bearssl.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ffdhe.h"
#include "crypto/hybrid.h"
#include "wire/registry.h"
#include "base/declassify.h"
#include "base/random.h"
#include "kernel/kernel.h"

#define X25519_LENGTH 32

int
tls_group_is_hybrid(unsigned group)
{
    return tls_hybrid_find(group) != NULL;
}

/* classical: the group of what is no ML-KEM. */
static unsigned
classical(unsigned group)
{
    const tls_hybrid *hybrid = tls_hybrid_find(group);

    return hybrid != NULL ? hybrid->curve : group;
}

size_t
tls_group_share_length(unsigned group)
{
    const tls_hybrid *hybrid = tls_hybrid_find(group);

    if (hybrid != NULL)
        return hybrid->kem->public_length + tls_group_share_length(hybrid->curve);
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
    group = classical(group);
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
generate_ec(tls_key_exchange_key *key, unsigned curve)
{
    static const br_prng_class system_class = {
        sizeof(system_random), NULL, system_random_generate, NULL};
    const br_ec_impl *ec = &tls_kernels_chosen()->curves;
    system_random random = {&system_class, TLS_OK};
    enum tls_reason reason;

    if (curve == TLS_GROUP_X25519) {
        /* Any 32 bytes: the multiplication sets and clears what RFC 7748 section 5 says. BearSSL
         * 0.6 takes them in little-endian order and other versions in big-endian order, which is
         * the same for bytes that nobody else reads. */
        key->length = X25519_LENGTH;
        reason = tls_random(key->secret, key->length);
        if (reason != TLS_OK)
            return reason;
    } else {
        /* Rejects what is zero or not below the order (FIPS 186-5 appendix A.2.2). */
        key->length = br_ec_keygen(&random.vtable, ec, NULL, key->secret, (int)curve);
        if (random.reason != TLS_OK)
            return random.reason;
    }
    key->public_length = ec->mulgen(key->public_share, key->secret, key->length, (int)curve);
    return key->public_length == tls_group_share_length(curve) ? TLS_OK : TLS_REASON_INTERNAL;
}

/* generate_classical makes the key of a group that is no hybrid, or of a hybrid's curve. */
static enum tls_reason
generate_classical(tls_key_exchange_key *key, unsigned group)
{
    enum tls_reason reason;

    memset(key, 0, sizeof *key);
    if (!tls_group_supported(group))
        return TLS_REASON_ILLEGAL_PARAMETER;
    key->group = group;
    reason =
        tls_ffdhe_length(group) != 0 ? generate_ffdhe(key) : generate_ec(key, classical(group));
    /* Before a hybrid share copies it. */
    TLS_DECLASSIFY(key->public_share, key->public_length);
    return reason;
}

static enum tls_reason
end_of_generation(tls_key_exchange_key *key, enum tls_reason reason)
{
    if (reason != TLS_OK)
        tls_key_exchange_wipe(key);
    return reason;
}

/* borrow takes the key of the same curve from one of the others, if there is one. */
static int
borrow(tls_key_exchange_key *key, unsigned group, const tls_key_exchange_key *others, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (classical(others[i].group) == classical(group)) {
            *key = others[i];
            key->group = group;
            key->hybrid = NULL;
            return 1;
        }
    return 0;
}

static tls_hybrid_key *
new_hybrid_key(size_t matrix_length, size_t share_length, size_t private_length)
{
    tls_hybrid_key *key = malloc(sizeof *key + matrix_length + share_length + private_length);

    if (key != NULL) {
        key->matrix_length = matrix_length;
        key->share_length = share_length;
        key->private_length = private_length;
    }
    return key;
}

/* matrix_of: it comes first, where malloc's alignment is its own. */
static tls_polynomial *
matrix_of(tls_hybrid_key *key)
{
    return (tls_polynomial *)(void *)key->bytes;
}

static unsigned char *
share_of(tls_hybrid_key *key)
{
    return key->bytes + key->matrix_length;
}

static unsigned char *
private_key_of(tls_hybrid_key *key)
{
    return share_of(key) + key->share_length;
}

static enum tls_reason
generate_hybrid(tls_key_exchange_key *key, const tls_hybrid *hybrid)
{
    const tls_ml_kem *kem = hybrid->kem;
    tls_hybrid_parts parts;
    enum tls_reason reason;

    key->hybrid = new_hybrid_key(sizeof(tls_polynomial) * kem->rank * kem->rank,
        key->public_length + kem->public_length, kem->private_length);
    if (key->hybrid == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    reason = tls_ml_kem_generate(kem, private_key_of(key->hybrid), matrix_of(key->hybrid));
    if (reason != TLS_OK)
        return reason;
    parts.curve = tls_bytes_make(key->public_share, key->public_length);
    parts.kem = tls_ml_kem_public_key(kem, private_key_of(key->hybrid));
    tls_hybrid_join(hybrid, share_of(key->hybrid), &parts);
    return TLS_OK;
}

enum tls_reason
tls_key_exchange_generate(
    tls_key_exchange_key *key, unsigned group, const tls_key_exchange_key *others, size_t count)
{
    const tls_hybrid *hybrid = tls_hybrid_find(group);
    enum tls_reason reason = TLS_OK;

    if (!borrow(key, group, others, count))
        reason = generate_classical(key, group);
    if (reason == TLS_OK && hybrid != NULL)
        reason = generate_hybrid(key, hybrid);
    return end_of_generation(key, reason);
}

tls_bytes
tls_key_exchange_share(const tls_key_exchange_key *key)
{
    if (key->hybrid != NULL)
        return tls_bytes_make(share_of(key->hybrid), key->hybrid->share_length);
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
    unsigned curve = classical(key->group);
    unsigned char point[133];
    size_t offset, coordinate;
    uint32_t good;

    /* BearSSL looks at this byte and at the curve's equation itself; section 4.2.8.2 asks for both.
     */
    if (curve != TLS_GROUP_X25519 && peer_share.data[0] != 0x04)
        return TLS_REASON_ILLEGAL_PARAMETER;
    memcpy(point, peer_share.data, peer_share.length);
    good = tls_ec_multiply(point, peer_share.length, key->secret, key->length, (int)curve);
    offset = tls_kernels_chosen()->curves.xoff((int)curve, &coordinate);
    if (good) {
        memcpy(out, point + offset, coordinate);
        *length = coordinate;
    }
    tls_wipe(point, sizeof point);
    return good ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
}

static enum tls_reason
shared_classical(
    const tls_key_exchange_key *key, unsigned char *out, size_t *length, tls_bytes peer_share)
{
    size_t expected = tls_group_share_length(classical(key->group));

    if (peer_share.length != expected)
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (tls_ffdhe_length(key->group) == 0)
        return shared_ec(key, out, length, peer_share);
    if (!tls_ffdhe_shared(out, key->group, tls_bytes_make(key->secret, key->length), peer_share))
        return TLS_REASON_ILLEGAL_PARAMETER;
    *length = expected;
    return TLS_OK;
}

/* shared_hybrid: the curve's secret beside `kem_secret`, which `reason` says is there. */
static enum tls_reason
shared_hybrid(const tls_key_exchange_key *key, unsigned char *out, size_t *length, tls_bytes share,
    const unsigned char *kem_secret, enum tls_reason reason)
{
    unsigned char curve_secret[TLS_SHARED_SECRET_MAXIMUM];
    tls_hybrid_parts secrets;
    size_t curve_length;

    if (reason == TLS_OK)
        reason = shared_ec(key, curve_secret, &curve_length, share);
    if (reason == TLS_OK) {
        secrets.curve = tls_bytes_make(curve_secret, curve_length);
        secrets.kem = tls_bytes_make(kem_secret, TLS_ML_KEM_SECRET);
        tls_hybrid_join(tls_hybrid_find(key->group), out, &secrets);
        *length = curve_length + TLS_ML_KEM_SECRET;
    }
    tls_wipe(curve_secret, sizeof curve_secret);
    return reason;
}

/* decapsulate: draft-ietf-tls-ecdhe-mlkem section 4: a ciphertext of another length is
 * illegal_parameter; one that is wrong gives a secret that nobody else has. */
static enum tls_reason
decapsulate(const tls_key_exchange_key *key, const tls_hybrid *hybrid, unsigned char *out,
    size_t *length, tls_bytes peer_share)
{
    unsigned char kem_secret[TLS_ML_KEM_SECRET];
    tls_hybrid_parts parts;
    enum tls_reason reason;

    if (key->hybrid == NULL || !tls_hybrid_split(hybrid, &parts, peer_share, key->public_length,
                                   hybrid->kem->ciphertext_length))
        return TLS_REASON_ILLEGAL_PARAMETER;
    reason = tls_ml_kem_decapsulate(hybrid->kem, kem_secret,
        tls_bytes_make(private_key_of(key->hybrid), key->hybrid->private_length), parts.kem,
        (const tls_polynomial *)matrix_of(key->hybrid));
    reason = shared_hybrid(key, out, length, parts.curve, kem_secret, reason);
    tls_wipe(kem_secret, sizeof kem_secret);
    return reason;
}

enum tls_reason
tls_key_exchange_shared(
    const tls_key_exchange_key *key, unsigned char *out, size_t *length, tls_bytes peer_share)
{
    const tls_hybrid *hybrid = tls_hybrid_find(key->group);

    if (key->length == 0)
        return TLS_REASON_ILLEGAL_PARAMETER;
    return hybrid != NULL ? decapsulate(key, hybrid, out, length, peer_share)
                          : shared_classical(key, out, length, peer_share);
}

/* encapsulate: the server's share has a ciphertext where the client's has a key. */
static enum tls_reason
encapsulate(tls_key_exchange_key *key, const tls_hybrid *hybrid, unsigned char *out, size_t *length,
    tls_bytes peer_share)
{
    unsigned char kem_secret[TLS_ML_KEM_SECRET], ciphertext[TLS_ML_KEM_CIPHERTEXT_MAXIMUM];
    tls_hybrid_parts parts, own;
    enum tls_reason reason;

    if (!tls_hybrid_split(
            hybrid, &parts, peer_share, key->public_length, hybrid->kem->public_length))
        return TLS_REASON_ILLEGAL_PARAMETER;
    key->hybrid = new_hybrid_key(0, key->public_length + hybrid->kem->ciphertext_length, 0);
    if (key->hybrid == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    reason = tls_ml_kem_encapsulate(hybrid->kem, ciphertext, kem_secret, parts.kem);
    reason = shared_hybrid(key, out, length, parts.curve, kem_secret, reason);
    if (reason == TLS_OK) {
        own.curve = tls_bytes_make(key->public_share, key->public_length);
        own.kem = tls_bytes_make(ciphertext, hybrid->kem->ciphertext_length);
        tls_hybrid_join(hybrid, share_of(key->hybrid), &own);
    }
    tls_wipe(kem_secret, sizeof kem_secret);
    return reason;
}

enum tls_reason
tls_key_exchange_answer(tls_key_exchange_key *key, unsigned group, unsigned char *out,
    size_t *length, tls_bytes peer_share)
{
    const tls_hybrid *hybrid = tls_hybrid_find(group);
    enum tls_reason reason = generate_classical(key, group);

    if (reason == TLS_OK)
        reason = hybrid != NULL ? encapsulate(key, hybrid, out, length, peer_share)
                                : shared_classical(key, out, length, peer_share);
    return end_of_generation(key, reason);
}

void
tls_key_exchange_wipe(tls_key_exchange_key *key)
{
    if (key->hybrid != NULL) {
        tls_wipe(key->hybrid, tls_key_exchange_memory(key));
        free(key->hybrid);
    }
    tls_wipe(key, sizeof *key);
}

size_t
tls_key_exchange_memory(const tls_key_exchange_key *key)
{
    const tls_hybrid_key *hybrid = key->hybrid;

    return hybrid != NULL ? sizeof *hybrid + hybrid->matrix_length + hybrid->share_length +
                                hybrid->private_length
                          : 0;
}
