/* kernels.c - the cases of kernels: each runs with every implementation of its primitive. */
#include "constant_time.h"
#include "crypto/hash.h"
#include "crypto/ml_kem.h"

static const br_ec_impl *
curves(void)
{
    return &tls_kernels_chosen()->curves;
}

/* A scalar of this curve, below the order and not yet a secret. */
static size_t
scalar_of(unsigned char scalar[66], int curve)
{
    size_t length;

    br_ec_get_default()->order(curve, &length);
    memset(scalar, 0x5A, 66);
    if (curve == 25)
        scalar[0] = 0;
    return length;
}

static int
multiply(int curve)
{
    unsigned char scalar[66], public_scalar[66], point[133], expected[133];
    size_t length = scalar_of(scalar, curve), point_length;
    uint32_t good;

    memcpy(public_scalar, scalar, sizeof scalar);
    SECRET(scalar, length);
    point_length = curves()->mulgen(point, scalar, length, curve);
    PUBLIC(point, point_length);
    good = curves()->mul(point, point_length, scalar, length, curve);
    PUBLIC(&good, sizeof good); /* of the point */
    PUBLIC(point, point_length);
    br_ec_get_default()->mulgen(expected, public_scalar, length, curve);
    br_ec_get_default()->mul(expected, point_length, public_scalar, length, curve);
    return good == 1 && memcmp(point, expected, point_length) == 0;
}

static int
sign(int curve)
{
    unsigned char scalar[66], digest[32] = {1, 2, 3}, q[133], out[160], raw[160];
    uint32_t good;
    br_ec_private_key key = {curve, scalar, scalar_of(scalar, curve)};
    br_ec_public_key public_key = {curve, q, 0};
    size_t length;

    public_key.qlen = br_ec_get_default()->mulgen(q, scalar, key.xlen, curve);
    SECRET(scalar, key.xlen);
    length =
        tls_kernels_chosen()->ecdsa_sign(curves(), tls_kernels_chosen()->sha256, digest, &key, out);
    PUBLIC(&length, sizeof length);
    PUBLIC(out, sizeof out);
    memcpy(raw, out, sizeof raw);
    good = tls_kernels_chosen()->ecdsa_check(
        digest, sizeof digest, &key, &public_key, raw, br_ecdsa_asn1_to_raw(raw, length));
    PUBLIC(&good, sizeof good);
    return good == 1 && br_ecdsa_i31_vrfy_asn1(br_ec_get_default(), digest, sizeof digest,
                            &public_key, out, length) == 1;
}

/* Lengths of what is hashed are public. */
static int
hash(int id)
{
    const br_hash_class *ours = tls_hash_class(id), *reference = &br_sha256_vtable;
    unsigned char data[300], public_data[300], digest[64], expected[64];
    br_hash_compat_context context;
    size_t i;

    for (i = 0; i < sizeof data; i++)
        data[i] = public_data[i] = (unsigned char)(i * 7);
    SECRET(data, sizeof data);
    ours->init(&context.vtable);
    ours->update(&context.vtable, data, 70);
    ours->update(&context.vtable, data + 70, sizeof data - 70);
    ours->out(&context.vtable, digest);
    PUBLIC(digest, sizeof digest);
    reference->init(&context.vtable);
    reference->update(&context.vtable, public_data, sizeof public_data);
    reference->out(&context.vtable, expected);
    return memcmp(digest, expected, tls_hash_length(ours)) == 0;
}

#define TEXT_LENGTH 2100 /* whole groups of blocks, and an end */

static const unsigned char nonce[12] = {9}, header[] = {23, 3, 3, 8, 52};

static void
set_text(unsigned char text[TEXT_LENGTH])
{
    size_t i;

    for (i = 0; i < TEXT_LENGTH; i++)
        text[i] = (unsigned char)i;
}

/* is_text: after what went over the wire was opened. */
static int
is_text(unsigned char text[TEXT_LENGTH], unsigned char tag[16], unsigned char opened_tag[16])
{
    unsigned char expected[TEXT_LENGTH];

    set_text(expected);
    PUBLIC(text, TEXT_LENGTH);
    PUBLIC(opened_tag, 16);
    return memcmp(text, expected, TEXT_LENGTH) == 0 && memcmp(tag, opened_tag, 16) == 0;
}

static int
aes_gcm(int key_length)
{
    unsigned char bytes[32], text[TEXT_LENGTH], tag[16], opened_tag[16];
    tls_bytes additional = tls_bytes_make(header, sizeof header);
    tls_aes_gcm_key key;

    memset(bytes, 0x5A, sizeof bytes);
    set_text(text);
    SECRET(bytes, sizeof bytes);
    SECRET(text, sizeof text);
    tls_kernels_chosen()->aes_gcm(&key, bytes, (size_t)key_length);
    key.run(&key, 1, nonce, additional, text, sizeof text, tag);
    PUBLIC(text, sizeof text);
    PUBLIC(tag, sizeof tag);
    key.run(&key, 0, nonce, additional, text, sizeof text, opened_tag);
    return is_text(text, tag, opened_tag);
}

static int
chacha20_poly1305(int unused)
{
    const tls_kernels *kernels = tls_kernels_chosen();
    unsigned char key[32], text[TEXT_LENGTH], tag[16], opened_tag[16];

    (void)unused;
    memset(key, 0x5A, sizeof key);
    set_text(text);
    SECRET(key, sizeof key);
    SECRET(text, sizeof text);
    kernels->chacha20_poly1305(
        key, nonce, text, sizeof text, header, sizeof header, tag, kernels->chacha20, 1);
    PUBLIC(text, sizeof text);
    PUBLIC(tag, sizeof tag);
    kernels->chacha20_poly1305(
        key, nonce, text, sizeof text, header, sizeof header, opened_tag, kernels->chacha20, 0);
    return is_text(text, tag, opened_tag);
}

/* Factors, exponents and the message are secret. Any odd numbers do, see rsa_kernel_test.c. */
static int
rsa_private(int bits)
{
    unsigned char parts[5][260], x[512];
    size_t length = (size_t)bits / 16, i;
    br_rsa_private_key key = {(uint32_t)bits, parts[0], length, parts[1], length, parts[2], length,
        parts[3], length, parts[4], length};
    uint32_t good;

    for (i = 0; i < sizeof parts; i++)
        parts[i / 260][i % 260] = (unsigned char)(i * 151 + i / 7);
    for (i = 0; i < 5; i++) {
        parts[i][0] = (unsigned char)(i < 2 ? 0xF1 : 0x71);
        parts[i][length - 1] |= 1;
    }
    memset(x, 0x5A, sizeof x);
    SECRET(parts, sizeof parts);
    SECRET(x, sizeof x);
    good = tls_kernels_chosen()->rsa_private(x, &key);
    PUBLIC(&good, sizeof good);
    return good == 1;
}

/* A message that is encrypted is secret, as the premaster secret is. */
static int
rsa_public(int bits)
{
    unsigned char n[512], e[] = {1, 0, 1}, x[512];
    size_t length = (size_t)bits / 8;
    br_rsa_public_key key = {n, length, e, sizeof e};
    uint32_t good;

    memset(n, 0xF1, sizeof n);
    memset(x, 0x5A, sizeof x);
    SECRET(x, sizeof x);
    good = tls_kernels_chosen()->rsa_public(x, length, &key);
    PUBLIC(&good, sizeof good);
    return good == 1;
}

/* Seeds, the message and all that comes of them are secret, but for what is sent; whether a
 * ciphertext was the right one is, too. */
#define IN_C 8
static int
ml_kem(int argument)
{
    const tls_ml_kem *kem = (argument & ~IN_C) == 3 ? &tls_ml_kem_768 : &tls_ml_kem_1024;
    unsigned char key[TLS_ML_KEM_PRIVATE_MAXIMUM], ciphertext[TLS_ML_KEM_CIPHERTEXT_MAXIMUM];
    unsigned char seeds[64], message[32], made[32], found[32], other[32];
    tls_bytes private_key, sent;
    enum tls_reason reason;

    if (argument & IN_C)
        tls_kernels_choose("none");
    memset(seeds, 0x5A, sizeof seeds);
    memset(message, 0xC3, sizeof message);
    SECRET(seeds, sizeof seeds);
    SECRET(message, sizeof message);
    tls_ml_kem_key_of(kem, key, seeds, NULL);
    private_key = tls_bytes_make(key, kem->private_length);
    reason = tls_ml_kem_encapsulate_message(
        kem, ciphertext, made, tls_ml_kem_public_key(kem, key), message);
    sent = tls_bytes_make(ciphertext, kem->ciphertext_length);
    if (reason == TLS_OK)
        reason = tls_ml_kem_decapsulate(kem, found, private_key, sent, NULL);
    ciphertext[7] ^= 1;
    if (reason == TLS_OK)
        reason = tls_ml_kem_decapsulate(kem, other, private_key, sent, NULL);
    PUBLIC(made, sizeof made);
    PUBLIC(found, sizeof found);
    PUBLIC(other, sizeof other);
    return reason == TLS_OK && memcmp(made, found, 32) == 0 && memcmp(made, other, 32) != 0;
}

const test_case kernel_cases[] = {
    {"sha256", hash, TLS_HASH_SHA256, "sha256"},
    {"x25519-multiply", multiply, 29, "x25519"},
    {"secp256r1-multiply", multiply, 23, "secp256r1"},
    {"secp256r1-sign", sign, 23, "secp256r1"},
    {"secp384r1-multiply", multiply, 24, "secp384r1"},
    {"secp384r1-sign", sign, 24, "secp384r1"},
    {"secp521r1-multiply", multiply, 25, "secp521r1"},
    {"secp521r1-sign", sign, 25, "secp521r1"},
    {"rsa1024-private", rsa_private, 1024, "rsa"},
    {"rsa1056-private", rsa_private, 1056, "rsa"},
    {"rsa2048-private", rsa_private, 2048, "rsa"},
    {"rsa1024-public", rsa_public, 1024, "rsa"},
    {"rsa3072-public", rsa_public, 3072, "rsa"},
    {"aes128-gcm", aes_gcm, 16, "aes_gcm"},
    {"aes256-gcm", aes_gcm, 32, "aes_gcm"},
    {"chacha20-poly1305", chacha20_poly1305, 0, "chacha20_poly1305"},
    {"ml-kem-768", ml_kem, 3, "ml_kem"},
    {"ml-kem-1024", ml_kem, 4, "ml_kem"},
    {"ml-kem-768-in-c", ml_kem, 3 | IN_C, ""},
    {"ml-kem-1024-in-c", ml_kem, 4 | IN_C, ""},
    {NULL, NULL, 0, NULL},
};
