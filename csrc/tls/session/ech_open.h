/* ech_open.h - opening a client's encrypted hello with the keys of ech_keys.h. */
#ifndef TLS_ECH_OPEN_H
#define TLS_ECH_OPEN_H

#include "crypto/hpke.h"
#include "session/ech_keys.h"
#include "wire/ech.h"
#include "wire/ech_config.h"

/* tls_ech_keys_open decrypts the payload of a first ClientHelloOuter, of which `additional` is the
 * ClientHelloOuterAAD, into `encoded`, and keeps the context in `hpke` for a second one. Returns 0
 * for what no key of that number opens; and with encoded->failed set without memory. */
int tls_ech_keys_open(const tls_ech_keys *keys, tls_buffer *encoded, tls_hpke *hpke,
    const tls_ech_client_hello *outer, tls_bytes additional);

/* tls_ech_choose takes the first config of a list that can be used, and the first suite in it that
 * is known: TLS_OK, or BAD_ECH_CONFIG and why none can in *fault (may be NULL). tls_ech_list_copy
 * keeps a list, which may be empty, after such a check; tls_ech_is_usable asks about one config. */
enum tls_reason tls_ech_choose(
    tls_bytes list, tls_ech_config *config, tls_hpke_suite *suite, const char **fault);
int tls_ech_is_usable(const tls_ech_config *config);
enum tls_reason tls_ech_list_copy(tls_buffer *out, tls_bytes list);

/* tls_ech_info appends what an ECHConfig is to HPKE (RFC 9849 section 6.1). */
void tls_ech_info(tls_buffer *out, tls_bytes config);

#endif
