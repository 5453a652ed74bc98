/* rsa_pkcs1.h - PKCS#1 v1.5 signatures (RFC 8017 section 8.2) over the RSA that was chosen, by
 * BearSSL's types: br_rsa_pkcs1_sign and br_rsa_pkcs1_vrfy. */
#ifndef TLS_KERNEL_RSA_PKCS1_H
#define TLS_KERNEL_RSA_PKCS1_H

#include <bearssl.h>

uint32_t tls_rsa_pkcs1_sign(const unsigned char *oid, const unsigned char *digest, size_t length,
    const br_rsa_private_key *key, unsigned char *signature);
/* tls_rsa_pkcs1_verify gives the digest that was signed, which is still to be compared. */
uint32_t tls_rsa_pkcs1_verify(const unsigned char *signature, size_t signature_length,
    const unsigned char *oid, size_t length, const br_rsa_public_key *key, unsigned char *digest);

#endif
