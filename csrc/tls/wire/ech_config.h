/* ech_config.h - ECHConfigList: how clients learn the keys for Encrypted ClientHello (RFC 9849
 * section 4). Views only. */
#ifndef TLS_ECH_CONFIG_H
#define TLS_ECH_CONFIG_H

#include "wire/codec.h"

TLS_PUBLIC_BEGIN

#define TLS_ECH_VERSION 0xFE0D
#define TLS_ECH_LIST_MAXIMUM ((size_t)65535) /* bytes of a list */

typedef struct tls_ech_config {
    tls_bytes raw;    /* the whole ECHConfig, as it goes into HPKE's info */
    unsigned version; /* of another one than TLS_ECH_VERSION nothing else is known */
    unsigned config_id, kem;
    tls_bytes public_key;
    tls_bytes suites; /* pairs of 16-bit numbers: KDF, AEAD */
    unsigned maximum_name_length;
    tls_bytes public_name;
    int mandatory; /* it has an extension that must be known (section 4.2), which none is here */
} tls_ech_config;

/* tls_ech_config_next walks the contents of a list: 1 and the next one; 0 at the end, or where the
 * list is broken (tls_reader_failed tells which). */
int tls_ech_config_next(tls_reader *reader, tls_ech_config *config);
/* tls_ech_config_list_open reads the length before a list and sets `reader` to its contents; DECODE
 * when the length is wrong. tls_ech_config_list_check: DECODE when the list, or what is in a config
 * of the known version, is malformed. */
enum tls_reason tls_ech_config_list_open(tls_reader *reader, tls_bytes list);
enum tls_reason tls_ech_config_list_check(tls_bytes list);
/* tls_ech_public_name_is_valid: a name of LDH labels whose last one cannot be taken for a part of
 * an IPv4 address (section 6.1.7). */
int tls_ech_public_name_is_valid(tls_bytes name);
/* tls_ech_config_write appends an ECHConfig from the fields but `raw` and `mandatory`. */
void tls_ech_config_write(tls_buffer *out, const tls_ech_config *config);

TLS_PUBLIC_END

#endif
