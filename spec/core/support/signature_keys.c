/* signature_keys.c - keys and schemes. */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asn1/der_write.h"
#include "base/random.h"
#include "key/key_encode.h"
#include "support/check.h"
#include "support/corpus.h"
#include "support/signature_keys.h"
#include "wire/registry.h"

const unsigned signature_schemes[SIGNATURE_SCHEMES] = {TLS_SCHEME_RSA_PKCS1_SHA1,
    TLS_SCHEME_RSA_PKCS1_SHA224, TLS_SCHEME_RSA_PKCS1_SHA256, TLS_SCHEME_RSA_PKCS1_SHA384,
    TLS_SCHEME_RSA_PKCS1_SHA512, TLS_SCHEME_RSA_PSS_RSAE_SHA256, TLS_SCHEME_RSA_PSS_RSAE_SHA384,
    TLS_SCHEME_RSA_PSS_RSAE_SHA512, TLS_SCHEME_RSA_PSS_PSS_SHA256, TLS_SCHEME_RSA_PSS_PSS_SHA384,
    TLS_SCHEME_RSA_PSS_PSS_SHA512, TLS_SCHEME_ECDSA_SHA1, TLS_SCHEME_ECDSA_SHA224,
    TLS_SCHEME_ECDSA_SECP256R1_SHA256, TLS_SCHEME_ECDSA_SECP384R1_SHA384,
    TLS_SCHEME_ECDSA_SECP521R1_SHA512};

const char *const signature_keys[SIGNATURE_KEYS] = {"rsa1024", "rsa2048", "rsa2049", "rsa2050",
    "rsa2051", "rsa2052", "rsa2053", "rsa2054", "rsa2055", "rsa3072", "rsa4096", "pss2048",
    "pss384", "ec256", "ec384", "ec521"};

int
key_signs(const char *key, unsigned scheme)
{
    if (strcmp(key, "rsa1024") == 0 && scheme == TLS_SCHEME_RSA_PSS_RSAE_SHA512)
        return 0;                   /* 64 + 64 + 2 bytes do not fit */
    if (strcmp(key, "pss384") == 0) /* its parameters say so */
        return scheme == TLS_SCHEME_RSA_PSS_PSS_SHA384;
    switch (tls_scheme_kind_of(scheme)) {
    case TLS_SCHEME_KIND_ECDSA:
        return key[0] == 'e';
    case TLS_SCHEME_KIND_RSA_PSS_PSS:
        return key[0] == 'p';
    default:
        return key[0] == 'r';
    }
}

const char *
scheme_name(unsigned scheme)
{
    const char *name = tls_registry_name(TLS_REGISTRY_SIGNATURE_SCHEME, scheme);

    if (scheme == TLS_SCHEME_ECDSA_SHA224)
        return "ecdsa_sha224";
    return name;
}

tls_public_key
rsa_public_key(tls_bytes modulus)
{
    static const unsigned char exponent[] = {1, 0, 1};
    tls_public_key key;

    memset(&key, 0, sizeof key);
    key.kind = TLS_KEY_RSA;
    key.bits = (unsigned)modulus.length * 8;
    key.modulus = modulus;
    key.exponent = tls_bytes_make(exponent, sizeof exponent);
    return key;
}

/* encode_key: RSAPrivateKey of RFC 8017, appendix A.1.2. */
static void
encode_key(tls_buffer *der, const br_rsa_private_key *key, const br_rsa_public_key *public_key)
{
    unsigned char exponent[TLS_RSA_MAXIMUM_BITS / 8];
    size_t mark, length;

    length = br_rsa_compute_privexp_get_default()(exponent, key, 65537);
    mark = tls_der_open(der, TLS_DER_SEQUENCE);
    tls_der_put_small(der, 0);
    tls_der_put_unsigned(der, TLS_DER_INTEGER, tls_bytes_make(public_key->n, public_key->nlen));
    tls_der_put_unsigned(der, TLS_DER_INTEGER, tls_bytes_make(public_key->e, public_key->elen));
    tls_der_put_unsigned(der, TLS_DER_INTEGER, tls_bytes_make(exponent, length));
    tls_der_put_unsigned(der, TLS_DER_INTEGER, tls_bytes_make(key->p, key->plen));
    tls_der_put_unsigned(der, TLS_DER_INTEGER, tls_bytes_make(key->q, key->qlen));
    tls_der_put_unsigned(der, TLS_DER_INTEGER, tls_bytes_make(key->dp, key->dplen));
    tls_der_put_unsigned(der, TLS_DER_INTEGER, tls_bytes_make(key->dq, key->dqlen));
    tls_der_put_unsigned(der, TLS_DER_INTEGER, tls_bytes_make(key->iq, key->iqlen));
    tls_der_close(der, mark);
}

/* make_key writes a new RSA key of any number of bits to "rsaBITS.key". Returns an exit status. */
static int
make_key(const char *directory, unsigned bits)
{
    static unsigned char private_bytes[BR_RSA_KBUF_PRIV_SIZE(TLS_RSA_MAXIMUM_BITS)];
    static unsigned char public_bytes[BR_RSA_KBUF_PUB_SIZE(TLS_RSA_MAXIMUM_BITS)];
    br_rsa_private_key key;
    br_rsa_public_key public_key;
    br_hmac_drbg_context random;
    tls_buffer der = {0}, pem = {0};
    tls_private_key *made = NULL;
    char path[512];
    FILE *file;
    int written;

    if (bits > TLS_RSA_MAXIMUM_BITS || tls_random_generator(&random) != TLS_OK ||
        br_rsa_keygen_get_default()(
            &random.vtable, &key, private_bytes, &public_key, public_bytes, bits, 65537) != 1)
        return 1;
    encode_key(&der, &key, &public_key);
    snprintf(path, sizeof path, "%s/rsa%u.key", directory, bits);
    file = fopen(path, "wb");
    written = file != NULL && tls_private_key_decode(&made, tls_buffer_view(&der)) == TLS_OK &&
              tls_private_key_encode_pem(&pem, made, TLS_KEY_FORMAT_PKCS8) == TLS_OK &&
              fwrite(pem.data, 1, pem.length, file) == pem.length;
    if (file != NULL)
        fclose(file);
    tls_private_key_release(made);
    tls_buffer_release(&der);
    tls_buffer_release(&pem);
    return written ? 0 : 1;
}

void
signature_begin(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "rsa") == 0)
        exit(make_key(argv[2], (unsigned)atoi(argv[3])));
    corpus_begin(argc, argv);
}
