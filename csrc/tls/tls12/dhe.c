/* dhe.c - DHE_RSA of TLS 1.0 to 1.2 (RFC 5246 sections 7.4.3 and 7.4.7.2, RFC 7919), which BearSSL
 * does not know. Its machine runs an ECDHE_RSA suite of the same cipher (tls12/shown.c), over an
 * exchange of points that stand for nothing and are never multiplied; both messages of the real
 * exchange are read and written here, and the PRF takes the real premaster secret
 * (tls12/master.c).
 *
 * Leading zeros of a premaster secret are stripped (RFC 5246 section 8.1.2), so that its length,
 * which the time of the PRF shows, tells a little of it. An attacker learns more only with many
 * exchanges against one secret exponent (Merget and others, "Raccoon Attack", 2021): here each
 * handshake has one of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"
#include "kernel/kernel.h"
#include "tls12/internal.h"

#define SHOWN_CURVE BR_EC_secp256r1
#define SHOWN_POINT 65

/* ---- The exchange ---- */

static int
has_dhe(const tls12_engine *e)
{
    size_t i;

    for (i = 0; i < e->usable_count; i++)
        if (tls_suite_find(e->usable[i])->key_exchange == TLS_KEY_EXCHANGE_DHE)
            return 1;
    return 0;
}

int
tls12_takes_group(const tls12_engine *e, unsigned group)
{
    return group < 32 || (tls_ffdhe_length(group) != 0 && has_dhe(e));
}

/* The points of the exchange that BearSSL sees. */
static uint32_t
multiply_nothing(unsigned char *point, size_t length, const unsigned char *scalar,
    size_t scalar_length, int group)
{
    (void)point;
    (void)length;
    (void)scalar;
    (void)scalar_length;
    (void)group;
    return 1;
}

static size_t
write_nothing(unsigned char *out, const unsigned char *scalar, size_t scalar_length, int group)
{
    (void)scalar;
    (void)scalar_length;
    (void)group;
    memset(out, 0, SHOWN_POINT);
    return SHOWN_POINT;
}

static tls12_dhe *
new_exchange(tls12_engine *e)
{
    e->dhe = calloc(1, sizeof *e->dhe);
    e->arithmetic.mul = multiply_nothing;
    e->arithmetic.mulgen = write_nothing;
    return e->dhe;
}

void
tls12_dhe_release(tls12_engine *e)
{
    if (e->dhe == NULL)
        return;
    tls_wipe(e->dhe, sizeof *e->dhe);
    free(e->dhe);
    e->dhe = NULL;
}

static tls_bytes
prime_of(const tls12_dhe *d)
{
    return tls_bytes_make(d->prime, d->prime_length);
}

static tls_bytes
exponent_of(const tls12_dhe *d)
{
    return tls_bytes_make(d->exponent, tls_ffdhe_exponent_length(d->prime_length));
}

/* make_share makes our secret exponent and what of it is sent, with the prime's length: some peers
 * take no other. */
static enum tls_reason
make_share(tls12_dhe *d)
{
    enum tls_reason reason = tls_ffdhe_exponent(d->exponent, d->prime_length);

    if (reason != TLS_OK)
        return reason;
    if (!tls_ffdhe_power(d->share, prime_of(d), tls_bytes_make(d->generator, d->generator_length),
            exponent_of(d)))
        return TLS_REASON_OUT_OF_MEMORY;
    TLS_DECLASSIFY(d->share, d->prime_length);
    return TLS_OK;
}

/* take_share computes the premaster secret. RFC 7919 sections 3 and 4 name the alert. */
static enum tls_reason
take_share(tls12_engine *e, tls_bytes peer)
{
    tls12_dhe *d = e->dhe;
    unsigned char secret[TLS_FFDHE_MAXIMUM];
    size_t zeros = 0;
    unsigned char is_zero, is_trivial;

    peer = tls_ffdhe_without_zeros(peer);
    if (!tls_ffdhe_in_range(peer, prime_of(d))) {
        tls_host_explain(
            e->handshake->host, "the peer's Diffie-Hellman value is not between 1 and p - 1");
        return TLS_REASON_HANDSHAKE_FAILURE;
    }
    if (!tls_ffdhe_power(secret, prime_of(d), peer, exponent_of(d)))
        return TLS_REASON_OUT_OF_MEMORY;
    tls_wipe(d->exponent, sizeof d->exponent);
    for (; zeros < d->prime_length; zeros++) {
        is_zero = secret[zeros] == 0;
        TLS_DECLASSIFY(&is_zero, sizeof is_zero);
        if (!is_zero)
            break;
    }
    d->secret_length = d->prime_length - zeros;
    memcpy(d->secret, secret + zeros, d->secret_length);
    tls_wipe(secret, sizeof secret);
    /* Of a prime it cannot be: whoever brings another modulus would have a secret that all know. */
    is_trivial = d->secret_length == 0 || (d->secret_length == 1 && d->secret[0] == 1);
    TLS_DECLASSIFY(&is_trivial, sizeof is_trivial);
    return is_trivial ? TLS_REASON_ILLEGAL_PARAMETER : TLS_OK;
}

static void
note_group(tls12_engine *e)
{
    e->handshake->facts.group = e->dhe->group;
    e->handshake->facts.dh_bits = e->dhe->bits;
}

/* digest_of hashes what ServerKeyExchange signs (RFC 5246 section 7.4.3; below TLS 1.2 by MD5 and
 * SHA-1, RFC 4346 section 7.4.3). */
static size_t
digest_of(const tls12_engine *e, unsigned char digest[TLS_FINGERPRINT_MAXIMUM], int hash,
    tls_bytes params)
{
    const tls_facts *facts = &e->handshake->facts;
    tls_buffer content = {0};
    size_t length;

    tls_buffer_append(&content, facts->client_random, sizeof facts->client_random);
    tls_buffer_append(&content, facts->server_random, sizeof facts->server_random);
    tls_buffer_append(&content, params.data, params.length);
    length = content.failed ? 0 : tls12_params_digest(digest, hash, tls_buffer_view(&content));
    tls_buffer_release(&content);
    return length;
}

/* ---- A client ---- */

static enum tls_reason
refuse_size(tls12_engine *e, unsigned bits)
{
    char text[128];
    unsigned minimum = e->handshake->host->context->dh_bits_minimum;

    if (bits < minimum)
        snprintf(text, sizeof text,
            "the server's Diffie-Hellman group has %u bits, and this client takes no fewer than %u",
            bits, minimum);
    else
        snprintf(text, sizeof text,
            "the server's Diffie-Hellman group has %u bits, and this client takes at most %u", bits,
            8 * TLS_FFDHE_MAXIMUM);
    tls_host_explain(e->handshake->host, text);
    return bits < minimum ? TLS_REASON_INSUFFICIENT_SECURITY : TLS_REASON_LIMIT;
}

/* take_group: what can be seen of a group of the server's own. That p is a prime, and (p - 1) / 2
 * one too, is not looked at (it would take longer than the handshake): the server that signs them
 * could as well tell others the secret. */
static enum tls_reason
take_group(tls12_engine *e, const tls_server_key_exchange *exchange)
{
    tls_bytes prime = tls_ffdhe_without_zeros(exchange->dh_p),
              generator = tls_ffdhe_without_zeros(exchange->dh_g);
    unsigned bits = (unsigned)tls_ffdhe_bits(prime);
    tls12_dhe *d;

    if (bits < e->handshake->host->context->dh_bits_minimum || bits > 8 * TLS_FFDHE_MAXIMUM)
        return refuse_size(e, bits);
    if ((prime.data[prime.length - 1] & 1) == 0 || !tls_ffdhe_in_range(generator, prime)) {
        tls_host_explain(e->handshake->host,
            "the server's Diffie-Hellman group is none: p is even, or g not between 1 and p - 1");
        return TLS_REASON_ILLEGAL_PARAMETER;
    }
    d = new_exchange(e);
    if (d == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    d->group = tls_ffdhe_find(prime, generator);
    d->bits = bits;
    d->prime_length = prime.length;
    memcpy(d->prime, prime.data, prime.length);
    d->generator_length = generator.length;
    memcpy(d->generator, generator.data, generator.length);
    return TLS_OK;
}

static enum tls_reason
verify(const tls12_engine *e, const tls_server_key_exchange *exchange, int hash)
{
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], signed_digest[TLS_FINGERPRINT_MAXIMUM];
    size_t length = digest_of(e, digest, hash, exchange->params);

    if (length == 0)
        return TLS_REASON_OUT_OF_MEMORY;
    if (exchange->has_scheme)
        return tls_verify_scheme(&e->handshake->facts.peer.chain->items[0]->public_key,
            exchange->scheme, tls_bytes_make(digest, length), exchange->signature);
    return tls_kernels_chosen()->rsa_pkcs1_verify(exchange->signature.data,
               exchange->signature.length, NULL, length, &e->x509.key.key.rsa,
               signed_digest) == 1 &&
                   memcmp(digest, signed_digest, length) == 0
               ? TLS_OK
               : TLS_REASON_BAD_SIGNATURE;
}

/* show makes the message that BearSSL is shown, and has its signature verify (tls12/schemes.c). */
static enum tls_reason
show(tls12_engine *e, const tls_server_key_exchange *exchange, int hash)
{
    static const unsigned char params[4 + SHOWN_POINT] = {3, 0, SHOWN_CURVE, SHOWN_POINT, 4};
    tls_message message;
    tls_server_key_exchange *shown = &message.u.server_key_exchange;

    e->verified_digest_length =
        digest_of(e, e->verified_digest, hash, tls_bytes_make(params, sizeof params));
    if (e->verified_digest_length == 0)
        return TLS_REASON_OUT_OF_MEMORY;
    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_SERVER_KEY_EXCHANGE;
    shown->group = SHOWN_CURVE;
    shown->point = tls_bytes_make(params + 4, SHOWN_POINT);
    shown->has_scheme = exchange->has_scheme;
    shown->scheme = (unsigned)hash << 8 | 1;
    shown->signature = tls_bytes_make(e->verified_digest, e->verified_digest_length);
    return tls_message_build(&e->replacement, &message);
}

enum tls_reason
tls12_dhe_received(tls12_engine *e, const tls_server_key_exchange *exchange)
{
    int hash = exchange->has_scheme ? tls_scheme_hash(tls12_shown_scheme(exchange->scheme)) : 0;
    enum tls_reason reason;

    /* When it read Certificate, BearSSL saw that an RSA key goes with the suite. */
    if (!e->x509.known || e->x509.key.key_type != BR_KEYTYPE_RSA)
        return TLS_REASON_UNEXPECTED_MESSAGE;
    e->handshake->facts.peer.scheme = exchange->scheme;
    reason = exchange->has_scheme ? tls12_check_scheme(e, exchange->scheme)
                                  : tls12_check_old_signature(e);
    if (reason == TLS_OK)
        reason = take_group(e, exchange);
    if (reason != TLS_OK)
        return reason;
    note_group(e);
    reason = verify(e, exchange, hash);
    if (reason == TLS_OK)
        reason = make_share(e->dhe);
    if (reason == TLS_OK)
        reason = take_share(e, exchange->dh_Ys);
    e->lent_hash = hash;
    return reason == TLS_OK ? show(e, exchange, hash) : reason;
}

enum tls_reason
tls12_dhe_write_answer(const tls12_engine *e, tls_buffer *out)
{
    tls_message message;

    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE;
    message.u.client_key_exchange.kind = TLS_KEY_EXCHANGE_DHE;
    message.u.client_key_exchange.dh_Yc = tls_bytes_make(e->dhe->share, e->dhe->prime_length);
    return tls_message_build(out, &message);
}

/* ---- A server ---- */

/* is_finite: RFC 7919 section 2 reserves these numbers, whether they are known or not. */
static int
is_finite(unsigned group)
{
    return group >> 8 == 1;
}

int
tls12_names_finite_groups(const tls12_engine *e)
{
    tls_u16_list list = e->handshake->client_hello.hello.supported_groups;
    size_t i;

    for (i = 0; i < tls_u16_list_count(list); i++)
        if (is_finite(tls_u16_list_at(list, i)))
            return 1;
    return 0;
}

size_t
tls12_dhe_groups(const tls12_engine *e, const uint16_t **groups)
{
    /* Where the option names none: the longer ones take a server so long that they are for those
     * who ask for them. */
    static const uint16_t defaults[] = {
        TLS_GROUP_FFDHE2048, TLS_GROUP_FFDHE3072, TLS_GROUP_FFDHE4096};
    const tls_context *context = e->handshake->host->context;
    size_t i;

    *groups = context->groups;
    for (i = 0; i < context->group_count; i++)
        if (is_finite(context->groups[i]))
            return context->group_count;
    *groups = defaults;
    return sizeof defaults / sizeof defaults[0];
}

unsigned
tls12_dhe_group(const tls12_engine *e)
{
    const uint16_t *groups;
    size_t count = tls12_dhe_groups(e, &groups), i;

    /* RFC 7919 section 4: of those that a client names, or, of one that names none, any. */
    for (i = 0; i < count; i++)
        if (is_finite(groups[i]) &&
            (!tls12_names_finite_groups(e) ||
                tls_u16_list_contains(
                    e->handshake->client_hello.hello.supported_groups, groups[i])))
            return groups[i];
    return 0;
}

enum tls_reason
tls12_dhe_choose(tls12_engine *e, unsigned group)
{
    tls12_dhe *d = e->dhe;

    e->bearssl.server.curves = (uint32_t)1 << SHOWN_CURVE;
    if (d != NULL) /* a replay */
        return TLS_OK;
    d = new_exchange(e);
    if (d == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    d->group = group;
    d->prime_length = tls_ffdhe_prime(d->prime, group);
    d->bits = 8 * (unsigned)d->prime_length;
    d->generator[0] = 2;
    d->generator_length = 1;
    return make_share(d);
}

static void
fill(const tls12_dhe *d, tls_server_key_exchange *exchange)
{
    exchange->kind = TLS_KEY_EXCHANGE_DHE;
    exchange->dh_p = prime_of(d);
    exchange->dh_g = tls_bytes_make(d->generator, d->generator_length);
    exchange->dh_Ys = tls_bytes_make(d->share, d->prime_length);
}

void
tls12_dhe_write_params(const tls12_engine *e, tls_buffer *out)
{
    tls_server_key_exchange exchange;

    fill(e->dhe, &exchange);
    tls_write_vector16(out, exchange.dh_p);
    tls_write_vector16(out, exchange.dh_g);
    tls_write_vector16(out, exchange.dh_Ys);
}

enum tls_reason
tls12_dhe_write_exchange(tls12_engine *e, const tls_message *shown, tls_buffer *out)
{
    tls_message message = *shown;

    fill(e->dhe, &message.u.server_key_exchange);
    note_group(e);
    return tls_message_build(out, &message);
}

enum tls_reason
tls12_dhe_answered(tls12_engine *e, tls_bytes share)
{
    static const unsigned char point[SHOWN_POINT] = {4};
    tls_message message;
    enum tls_reason reason = take_share(e, share);

    if (reason != TLS_OK)
        return reason;
    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE;
    message.u.client_key_exchange.kind = TLS_KEY_EXCHANGE_ECDHE;
    message.u.client_key_exchange.point = tls_bytes_make(point, sizeof point);
    return tls_message_build(&e->replacement, &message);
}
