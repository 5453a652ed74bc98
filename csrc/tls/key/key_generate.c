/* key_generate.c - see key_generate.h. What is generated goes through the decoder of key.c, so that
 * a new key has passed the same checks as one from a file. */
#include "key/key_generate.h"

#include <string.h>

#include "asn1/der_write.h"
#include "base/random.h"
#include "crypto/ed25519.h"
#include "kernel/kernel.h"

#define PUBLIC_EXPONENT 65537u

static void
put_rsa(tls_buffer *out, const br_rsa_private_key *key, const br_rsa_public_key *public_key,
    tls_bytes exponent)
{
    size_t mark = tls_der_open(out, TLS_DER_SEQUENCE);

    tls_der_put_small(out, 0);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(public_key->n, public_key->nlen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(public_key->e, public_key->elen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, exponent);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(key->p, key->plen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(key->q, key->qlen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(key->dp, key->dplen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(key->dq, key->dqlen));
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(key->iq, key->iqlen));
    tls_der_close(out, mark);
}

enum tls_reason
tls_private_key_generate_rsa(tls_private_key **out, unsigned bits)
{
    unsigned char private_bytes[BR_RSA_KBUF_PRIV_SIZE(TLS_RSA_MAXIMUM_BITS)];
    unsigned char public_bytes[BR_RSA_KBUF_PUB_SIZE(TLS_RSA_MAXIMUM_BITS)];
    unsigned char exponent[TLS_RSA_MAXIMUM_BITS / 8];
    br_rsa_private_key key;
    br_rsa_public_key public_key;
    br_hmac_drbg_context random;
    tls_buffer der = {NULL, 0, 0, 0};
    enum tls_reason reason;
    size_t length = 0;

    *out = NULL;
    if (bits < TLS_RSA_GENERATE_MINIMUM || bits > TLS_RSA_MAXIMUM_BITS || bits % 8 != 0)
        return TLS_REASON_UNSUPPORTED_KEY;
    reason = tls_random_generator(&random);
    if (reason != TLS_OK)
        return reason;
    if (br_rsa_keygen_get_default()(&random.vtable, &key, private_bytes, &public_key, public_bytes,
            bits, PUBLIC_EXPONENT) == 1)
        length = br_rsa_compute_privexp_get_default()(exponent, &key, PUBLIC_EXPONENT);
    if (length != 0)
        put_rsa(&der, &key, &public_key, tls_bytes_make(exponent, length));
    if (der.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    else if (length == 0)
        reason = TLS_REASON_INTERNAL;
    else
        reason = tls_private_key_decode(out, tls_buffer_view(&der));
    tls_buffer_release(&der);
    tls_wipe(private_bytes, sizeof private_bytes);
    tls_wipe(exponent, sizeof exponent);
    tls_wipe(&random, sizeof random);
    return reason;
}

enum tls_reason
tls_private_key_generate_ec(tls_private_key **out, int curve)
{
    static const unsigned char oid_p256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
    static const unsigned char oid_p384[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
    static const unsigned char oid_p521[] = {0x2B, 0x81, 0x04, 0x00, 0x23};
    unsigned char bytes[BR_EC_KBUF_PRIV_MAX_SIZE];
    br_hmac_drbg_context random;
    tls_buffer der = {NULL, 0, 0, 0};
    tls_bytes oid;
    enum tls_reason reason;
    size_t length, mark, part;

    *out = NULL;
    switch (curve) {
    case TLS_GROUP_SECP256R1:
        oid = tls_bytes_make(oid_p256, sizeof oid_p256);
        break;
    case TLS_GROUP_SECP384R1:
        oid = tls_bytes_make(oid_p384, sizeof oid_p384);
        break;
    case TLS_GROUP_SECP521R1:
        oid = tls_bytes_make(oid_p521, sizeof oid_p521);
        break;
    default:
        return TLS_REASON_UNSUPPORTED_KEY;
    }
    reason = tls_random_generator(&random);
    if (reason != TLS_OK)
        return reason;
    length = br_ec_keygen(&random.vtable, &tls_kernels_chosen()->curves, NULL, bytes, curve);
    if (length == 0) {
        reason = TLS_REASON_UNSUPPORTED_KEY; /* a BearSSL built without the curve */
    } else {
        mark = tls_der_open(&der, TLS_DER_SEQUENCE);
        tls_der_put_small(&der, 1);
        tls_der_put(&der, TLS_DER_OCTET_STRING, tls_bytes_make(bytes, length));
        part = tls_der_open(&der, TLS_DER_CONTEXT_CONSTRUCTED(0));
        tls_der_put_oid(&der, oid);
        tls_der_close(&der, part);
        tls_der_close(&der, mark);
        reason = der.failed ? TLS_REASON_OUT_OF_MEMORY
                            : tls_private_key_decode(out, tls_buffer_view(&der));
    }
    tls_buffer_release(&der);
    tls_wipe(bytes, sizeof bytes);
    tls_wipe(&random, sizeof random);
    return reason;
}

enum tls_reason
tls_private_key_generate_ed25519(tls_private_key **out)
{
    /* RFC 8410 section 7, up to the private key itself. */
    static const unsigned char begin[] = {
        0x30, 0x2E, 0x02, 1, 0, 0x30, 5, 0x06, 3, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    unsigned char der[sizeof begin + TLS_ED25519_LENGTH];
    enum tls_reason reason = tls_random(der + sizeof begin, TLS_ED25519_LENGTH);

    *out = NULL;
    memcpy(der, begin, sizeof begin);
    if (reason == TLS_OK)
        reason = tls_private_key_decode(out, tls_bytes_make(der, sizeof der));
    tls_wipe(der, sizeof der);
    return reason;
}
