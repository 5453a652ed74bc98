/* primitives.c - one primitive, as the library computes it here, over and over:
 *     primitives NAME SECONDS
 * prints how many operations it makes in a second of processor time; of ciphers and hashes, bytes.
 * NAME: aes-128-gcm, aes-256-gcm, chacha20-poly1305 (sealing records of 16 KB), sha256, sha384
 * (16 KB at once), x25519, p256 (a shared secret), and
 * p256-sign, p256-verify, p384-sign, p384-verify, rsa2048-sign, rsa2048-verify. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/hash.h"
#include "crypto/key_exchange.h"
#include "key/key_generate.h"
#include "key/signature.h"
#include "record/aead.h"
#include "record/record.h"
#include "wire/registry.h"

#define BLOCK 16384

typedef struct subject {
    const char *name;
    double unit; /* what one operation counts */
    void (*prepare)(unsigned id);
    void (*operate)(void);
    unsigned id;
} subject;

static void
fail(const char *what)
{
    fprintf(stderr, "primitives: %s\n", what);
    exit(1);
}

/* ---- Records ---- */

static tls_aead_context aead;
static unsigned char room[TLS_RECORD_HEADER_LENGTH + BLOCK + TLS_AEAD_TAG_MAXIMUM];

static void
prepare_aead(unsigned suite)
{
    static const unsigned char key[TLS_AEAD_KEY_MAXIMUM] = {1}, iv[TLS_AEAD_IV_LENGTH] = {2};

    tls_aead_start(&aead, tls_suite_find(suite), key, iv);
    aead.vtable.out = &tls_aead_out_vtable;
}

static void
seal(void)
{
    size_t length = BLOCK;

    aead.vtable.out->encrypt(
        &aead.vtable.out, 23, TLS_VERSION_12, room + TLS_RECORD_HEADER_LENGTH, &length);
}

/* ---- Hashes ---- */

static const br_hash_class *hash_class;

static void
prepare_hash(unsigned hash)
{
    hash_class = tls_hash_class(hash);
}

static void
digest(void)
{
    br_hash_compat_context context;

    hash_class->init(&context.vtable);
    hash_class->update(&context.vtable, room, BLOCK);
    hash_class->out(&context.vtable, room);
}

/* ---- Key exchange ---- */

static tls_key_exchange_key peer;

static void
prepare_exchange(unsigned group)
{
    if (tls_key_exchange_generate(&peer, group, NULL, 0) != TLS_OK)
        fail("no key pair");
}

static void
agree(void)
{
    unsigned char secret[TLS_SHARED_SECRET_MAXIMUM];
    size_t length;

    if (tls_key_exchange_shared(&peer, secret, &length, tls_key_exchange_share(&peer)) != TLS_OK)
        fail("no shared secret");
}

/* ---- Signatures ---- */

static tls_private_key *key;
static unsigned scheme;
static unsigned char value[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM];
static size_t value_length, signature_length;

static void
sign(void)
{
    signature_length = tls_sign_scheme(key, signature, scheme, tls_bytes_make(value, value_length));
    if (signature_length == 0)
        fail("no signature");
}

static void
verify(void)
{
    if (tls_verify_scheme(tls_private_key_public(key), scheme, tls_bytes_make(value, value_length),
            tls_bytes_make(signature, signature_length)) != TLS_OK)
        fail("the signature is wrong");
}

static void
prepare_key(unsigned id)
{
    int curve = id == TLS_SCHEME_ECDSA_SECP256R1_SHA256 ? BR_EC_secp256r1 : BR_EC_secp384r1;
    enum tls_reason reason = id == TLS_SCHEME_RSA_PKCS1_SHA256
                                 ? tls_private_key_generate_rsa(&key, 2048)
                                 : tls_private_key_generate_ec(&key, curve);

    if (reason != TLS_OK)
        fail("no key");
    scheme = id;
    value_length = tls_scheme_digest(value, scheme, tls_bytes_make(room, sizeof room));
    sign();
}

/* ---- */

static const subject subjects[] = {
    {"aes-128-gcm", BLOCK, prepare_aead, seal, 0x1301},
    {"aes-256-gcm", BLOCK, prepare_aead, seal, 0x1302},
    {"chacha20-poly1305", BLOCK, prepare_aead, seal, 0x1303},
    {"sha256", BLOCK, prepare_hash, digest, TLS_HASH_SHA256},
    {"sha384", BLOCK, prepare_hash, digest, TLS_HASH_SHA384},
    {"x25519", 1, prepare_exchange, agree, TLS_GROUP_X25519},
    {"p256", 1, prepare_exchange, agree, TLS_GROUP_SECP256R1},
    {"p256-sign", 1, prepare_key, sign, TLS_SCHEME_ECDSA_SECP256R1_SHA256},
    {"p256-verify", 1, prepare_key, verify, TLS_SCHEME_ECDSA_SECP256R1_SHA256},
    {"p384-sign", 1, prepare_key, sign, TLS_SCHEME_ECDSA_SECP384R1_SHA384},
    {"p384-verify", 1, prepare_key, verify, TLS_SCHEME_ECDSA_SECP384R1_SHA384},
    {"rsa2048-sign", 1, prepare_key, sign, TLS_SCHEME_RSA_PKCS1_SHA256},
    {"rsa2048-verify", 1, prepare_key, verify, TLS_SCHEME_RSA_PKCS1_SHA256},
};

static double
rate(const subject *s, double seconds)
{
    clock_t start, now;
    double count = 0;
    int i, batch = 1;

    s->prepare(s->id);
    s->operate(); /* what is lazily made is made */
    start = clock();
    do {
        for (i = 0; i < batch; i++)
            s->operate();
        count += batch;
        now = clock();
        if (batch < 64)
            batch *= 2;
    } while ((double)(now - start) / CLOCKS_PER_SEC < seconds);
    return count * s->unit / ((double)(now - start) / CLOCKS_PER_SEC);
}

int
main(int argc, char **argv)
{
    size_t i;

    for (i = 0; argc == 3 && i < sizeof subjects / sizeof *subjects; i++)
        if (strcmp(argv[1], subjects[i].name) == 0) {
            printf("%.1f\n", rate(&subjects[i], atof(argv[2])));
            return 0;
        }
    fail("usage: primitives NAME SECONDS");
    return 2;
}
