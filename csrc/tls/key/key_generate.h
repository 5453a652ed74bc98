/* key_generate.h - new private keys, from the operating system's random bytes. */
#ifndef TLS_KEY_GENERATE_H
#define TLS_KEY_GENERATE_H

#include "key/key.h"

TLS_PUBLIC_BEGIN

#define TLS_RSA_GENERATE_MINIMUM 2048

/* tls_private_key_generate_rsa makes a key of `bits`, from TLS_RSA_GENERATE_MINIMUM to
 * TLS_RSA_MAXIMUM_BITS and a multiple of 8, with exponent 65537. It takes from tenths of a second
 * to some seconds. TLS_REASON_UNSUPPORTED_KEY, TLS_REASON_NO_RANDOM. */
enum tls_reason tls_private_key_generate_rsa(tls_private_key **out, unsigned bits);
/* tls_private_key_generate_ec: TLS_GROUP_SECP256R1, ..384r1, ..521r1. TLS_REASON_UNSUPPORTED_KEY,
 * TLS_REASON_NO_RANDOM. */
enum tls_reason tls_private_key_generate_ec(tls_private_key **out, int curve);
/* tls_private_key_generate_ed25519: TLS_REASON_NO_RANDOM. */
enum tls_reason tls_private_key_generate_ed25519(tls_private_key **out);

TLS_PUBLIC_END

#endif
