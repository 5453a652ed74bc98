/* ech_keys.h - the keys to which clients encrypt their hello (RFC 9849 sections 4 and 7.1), each
 * with the ECHConfig that says so. Some are current: they are published, and sent to clients that
 * used another one. The others are still accepted, for what was published before. */
#ifndef TLS_ECH_KEYS_H
#define TLS_ECH_KEYS_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

typedef struct tls_ech_keys tls_ech_keys;

/* More are not kept: each costs a connection no more than a comparison, or a decryption where
 * numbers collide. */
#define TLS_ECH_KEYS_MAXIMUM 8

typedef struct tls_ech_key_options {
    const char *public_name;      /* of the certificate that clients see when a key is not known */
    unsigned maximum_name_length; /* of the names that are hidden, to 255: what is shorter is padded
                                     to look the same */
    unsigned group;               /* TLS_GROUP_X25519 (0) or TLS_GROUP_SECP256R1 */
} tls_ech_key_options;

/* tls_ech_keys_new makes an empty set. */
enum tls_reason tls_ech_keys_new(tls_ech_keys **out);
tls_ech_keys *tls_ech_keys_retain(tls_ech_keys *keys);
void tls_ech_keys_release(tls_ech_keys *keys);
size_t tls_ech_keys_count(const tls_ech_keys *keys);

/* tls_ech_keys_generate adds a new key, and tls_ech_keys_load those of a PEM file: "PRIVATE KEY"
 * and "ECHCONFIG", as often as there are. They are current, and what was current before is accepted
 * only, where `retire` is set. At most TLS_ECH_KEYS_MAXIMUM are kept: the oldest go, those first
 * that are accepted only. On failure the set is as it was. BAD_NAME, ILLEGAL_PARAMETER, NO_RANDOM,
 * OUT_OF_MEMORY; BAD_PEM, BAD_KEY, BAD_ECH_CONFIG. */
enum tls_reason tls_ech_keys_generate(
    tls_ech_keys *keys, const tls_ech_key_options *options, int retire);
enum tls_reason tls_ech_keys_load(tls_ech_keys *keys, tls_bytes pem, int retire);

/* tls_ech_keys_config_list appends the ECHConfigList of the current ones: public. */
enum tls_reason tls_ech_keys_config_list(const tls_ech_keys *keys, tls_buffer *out);
/* tls_ech_keys_export appends PEM, which has the secrets, of the current ones or of the others. */
enum tls_reason tls_ech_keys_export(const tls_ech_keys *keys, tls_buffer *out, int current);

TLS_PUBLIC_END

#endif
