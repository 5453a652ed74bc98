/* weierstrass_ecdsa.h - ECDSA (FIPS 186-5 section 6.4) with the secret numbers of RFC 6979:
 * included by weierstrass.h. Signing is in constant time, verification is not: what it takes is
 * public. */

/* digest_to_scalar: the leftmost BITS bits of the digest, modulo the order (RFC 6979
 * section 2.3.2). */
static void
digest_to_scalar(number out, const unsigned char *digest, size_t length)
{
    number e;
    int i, shift = BITS % 8 == 0 || length < BYTES ? 0 : 8 - BITS % 8;

    words_get(e, digest, length < BYTES ? length : BYTES);
    for (i = 0; shift != 0 && i < LIMBS; i++)
        e[i] = e[i] >> shift | (i + 1 < LIMBS ? e[i + 1] << (64 - shift) : 0);
    scalar_reduce(out, e);
}

/* next_number: a proper number out of the generator. That one is passed over tells nothing of the
 * next. */
static void
next_number(br_hmac_drbg_context *random, number k)
{
    unsigned char bytes[BYTES];
    uint64_t good;

    do {
        int i, shift = BITS % 8 == 0 ? 0 : 8 - BITS % 8;

        br_hmac_drbg_generate(random, bytes, sizeof bytes);
        words_get(k, bytes, sizeof bytes);
        for (i = 0; shift != 0 && i < LIMBS; i++)
            k[i] = k[i] >> shift | (i + 1 < LIMBS ? k[i + 1] << (64 - shift) : 0);
        good = scalar_is_proper(k);
        TLS_DECLASSIFY(&good, sizeof good);
    } while (!good);
    tls_wipe(bytes, sizeof bytes);
}

/* sign_with: r and s by one secret number k; 0 if another must be taken. */
static int
sign_with(number r, number s, const number k, const number x, const number e)
{
    jacobian p;
    number t, inverse;
    uint64_t bad;

    multiply_base(&p, k);
    field_invert(t, p.z);
    field_square(t, t);
    field_multiply(t, t, p.x);
    field_put(t, t);
    scalar_reduce(r, t);
    scalar_to_montgomery(inverse, k);
    scalar_invert(inverse, inverse);
    scalar_to_montgomery(t, x);
    scalar_multiply(s, t, r);
    scalar_add(s, s, e);
    scalar_multiply(s, s, inverse);
    tls_wipe(&p, sizeof p);
    tls_wipe(t, sizeof t);
    tls_wipe(inverse, sizeof inverse);
    bad = words_is_zero(r) | words_is_zero(s);
    TLS_DECLASSIFY(&bad, sizeof bad);
    return bad == 0;
}

static __attribute__((noinline)) size_t
sign_in_scratch(const br_ec_impl *curves, const br_hash_class *hash, const void *digest,
    const br_ec_private_key *key, void *signature)
{
    size_t length = hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    unsigned char seed[2 * BYTES], raw[2 * BYTES];
    br_hmac_drbg_context random;
    number x, e, k, r, s;
    uint64_t good;

    (void)curves;
    prepare();
    if (key->xlen > BYTES)
        return 0;
    words_get(x, key->x, key->xlen);
    good = scalar_is_proper(x);
    TLS_DECLASSIFY(&good, sizeof good);
    if (!good)
        return 0;
    digest_to_scalar(e, digest, length);
    words_put(seed, BYTES, x);
    words_put(seed + BYTES, BYTES, e);
    br_hmac_drbg_init(&random, hash, seed, sizeof seed);
    do
        next_number(&random, k);
    while (!sign_with(r, s, k, x, e));
    words_put(raw, BYTES, r);
    words_put(raw + BYTES, BYTES, s);
    tls_wipe(seed, sizeof seed);
    tls_wipe(&random, sizeof random);
    tls_wipe(x, sizeof x);
    tls_wipe(k, sizeof k);
    TLS_DECLASSIFY(raw, sizeof raw);
    memcpy(signature, raw, sizeof raw);
    return br_ecdsa_raw_to_asn1(signature, sizeof raw);
}

static size_t
ecdsa_sign(const br_ec_impl *curves, const br_hash_class *hash, const void *digest,
    const br_ec_private_key *key, void *signature)
{
    size_t written = sign_in_scratch(curves, hash, digest, key, signature);

    scratch_wipe();
    return written;
}

/* signature_get: r and s in as many bytes as there are for each. */
static int
signature_get(number r, number s, const unsigned char *bytes, size_t length)
{
    size_t half = length / 2, skip = half > BYTES ? half - BYTES : 0, i;

    if (length % 2 != 0)
        return 0;
    for (i = 0; i < skip; i++)
        if (bytes[i] != 0 || bytes[half + i] != 0)
            return 0;
    words_get(r, bytes + skip, half - skip);
    words_get(s, bytes + half + skip, half - skip);
    return scalar_is_proper(r) && scalar_is_proper(s);
}

/* x_is: whether the affine x modulo n is r: X = r Z^2, or X = (r + n) Z^2 where r + n is below p.
 */
static int
x_is(const jacobian *p, const number r)
{
    number zz, t, x, less;
    uint64_t equal = 0;

    field_square(zz, p->z);
    memcpy(x, r, sizeof x);
    do {
        field_get(t, x);
        field_multiply(t, t, zz);
        field_subtract(t, t, p->x);
        equal |= field_is_zero(t);
    } while (!words_add(x, x, order) && words_subtract(less, x, prime));
    equal &= ~field_is_zero(p->z);
    TLS_DECLASSIFY(&equal, sizeof equal);
    return equal != 0;
}

static uint32_t
ecdsa_verify(const br_ec_impl *curves, const void *digest, size_t digest_length,
    const br_ec_public_key *key, const void *signature, size_t length)
{
    number r, s, e, u, v;
    jacobian p;
    affine q;

    (void)curves;
    prepare();
    if (!signature_get(r, s, signature, length) || !point_get(&q, key->q, key->qlen))
        return 0;
    digest_to_scalar(e, digest, digest_length);
    scalar_invert_public(s, s);
    scalar_to_montgomery(s, s);
    scalar_multiply(u, e, s);
    scalar_multiply(v, r, s);
    multiply_point_public(&p, &q, v);
    add_base_public(&p, u);
    return (uint32_t)x_is(&p, r);
}

static __attribute__((noinline)) uint32_t
check_in_scratch(const void *digest, size_t digest_length, const br_ec_private_key *key,
    const br_ec_public_key *public_key, const void *signature, size_t length)
{
    number r, s, e, x, u;
    jacobian p;
    affine q;
    difference d;

    prepare();
    if (key->xlen > BYTES || !signature_get(r, s, signature, length) ||
        !point_get(&q, public_key->q, public_key->qlen))
        return 0;
    words_get(x, key->x, key->xlen);
    digest_to_scalar(e, digest, digest_length);
    scalar_invert_public(s, s);
    scalar_to_montgomery(s, s);
    scalar_to_montgomery(u, x);
    scalar_multiply(u, u, r);
    scalar_add(u, u, e);
    scalar_multiply(u, u, s); /* the k of the signature */
    scalar_add(u, u, x);
    multiply_base(&p, u);
    negate_if(q.y, ~(uint64_t)0);
    add_affine(&p, &q, 0, &d);
    return (uint32_t)x_is(&p, r);
}

/* ecdsa_check: whether a signature by this private key verifies by its public key, in a third of
 * the time. k is s^-1 (e + r x), and (k + x) G - Q is k G, whose x coordinate is r, only if the
 * signature is right, the private key is undamaged, and the generator's table is: a wrong multiple
 * in it, which is in the sums of k and of k + x by other digits, does not cancel. */
static uint32_t
ecdsa_check(const void *digest, size_t digest_length, const br_ec_private_key *key,
    const br_ec_public_key *public_key, const void *signature, size_t length)
{
    uint32_t good = check_in_scratch(digest, digest_length, key, public_key, signature, length);

    scratch_wipe();
    return good;
}
