/* rsa_pkcs1.c - see rsa_pkcs1.h. A signature is not parsed: what it must be is made, and compared
 * whole (Bleichenbacher, "RSA signature forgery based on implementation error", 2006). */
#include "kernel/rsa_pkcs1.h"

#include <string.h>

#include "kernel/build.h"
#include "kernel/kernel.h"

#if TLS_KERNEL_INT128

#define BYTES_MAXIMUM 512 /* 4,096 bits */

/* put_digest_info: what goes before the digest (RFC 8017 section 9.2), with the parameters NULL or
 * without any, both of which are to be taken (its appendix A.2.4, RFC 4055 section 2.1). An `oid`
 * has its length in front; none, for TLS 1.0's MD5 with SHA-1, has nothing before the digest. */
static size_t
put_digest_info(unsigned char *out, const unsigned char *oid, size_t length, size_t parameters)
{
    size_t algorithm;

    if (oid == NULL)
        return 0;
    algorithm = 2u + oid[0] + parameters;
    *out++ = 0x30;
    *out++ = (unsigned char)(2 + algorithm + 2 + length);
    *out++ = 0x30;
    *out++ = (unsigned char)algorithm;
    *out++ = 0x06;
    memcpy(out, oid, 1u + oid[0]);
    out += 1u + oid[0];
    if (parameters != 0) {
        *out++ = 0x05;
        *out++ = 0x00;
    }
    *out++ = 0x04;
    *out = (unsigned char)length;
    return algorithm + 6;
}

/* put_padding writes EM but for its digest, at the end. Returns 0 for a key that is too short, or
 * one that BearSSL's buffers have no room for. */
static int
put_padding(
    unsigned char *out, size_t total, const unsigned char *oid, size_t length, size_t parameters)
{
    size_t information = oid != NULL ? 8u + oid[0] + parameters : 0, padding;

    if (total > BYTES_MAXIMUM || total < information + length + 11 || information + length > 127)
        return 0;
    padding = total - information - length;
    out[0] = 0x00;
    out[1] = 0x01;
    memset(out + 2, 0xFF, padding - 3);
    out[padding - 1] = 0x00;
    put_digest_info(out + padding, oid, length, parameters);
    return 1;
}

uint32_t
tls_rsa_pkcs1_sign(const unsigned char *oid, const unsigned char *digest, size_t length,
    const br_rsa_private_key *key, unsigned char *signature)
{
    size_t total = (key->n_bitlen + 7) / 8;

    if (!put_padding(signature, total, oid, length, 2))
        return 0;
    memcpy(signature + total - length, digest, length);
    return tls_kernels_chosen()->rsa_private(signature, key);
}

uint32_t
tls_rsa_pkcs1_verify(const unsigned char *signature, size_t signature_length,
    const unsigned char *oid, size_t length, const br_rsa_public_key *key, unsigned char *digest)
{
    unsigned char found[BYTES_MAXIMUM], expected[BYTES_MAXIMUM];
    size_t parameters;

    if (signature_length > sizeof found)
        return 0;
    memcpy(found, signature, signature_length);
    if (!tls_kernels_chosen()->rsa_public(found, signature_length, key))
        return 0;
    for (parameters = 0; parameters <= 2; parameters += 2)
        if (put_padding(expected, signature_length, oid, length, parameters) &&
            memcmp(found, expected, signature_length - length) == 0) {
            memcpy(digest, found + signature_length - length, length);
            return 1;
        }
    return 0;
}

#endif
