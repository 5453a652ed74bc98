/* record_protection.h - TLS 1.3 keys for the record layer, from a traffic secret. */
#ifndef TLS_RECORD_PROTECTION_H
#define TLS_RECORD_PROTECTION_H

#include "record/aead.h"
#include "record/record.h"

/* tls_record_opener_protect and tls_record_sealer_protect take the key and the IV of
 * `traffic_secret` (RFC 8446 section 7.3), which has the length of the suite's hash: the sequence
 * number and `count` start from zero, the version is 0x0303. What was there before is wiped. */
void tls_record_opener_protect(
    tls_record_opener *opener, const tls_suite *suite, const unsigned char *traffic_secret);
void tls_record_sealer_protect(
    tls_record_sealer *sealer, const tls_suite *suite, const unsigned char *traffic_secret);

/* tls_record_limit: how many records may be sealed under one key (RFC 8446 section 5.5); `count`
 * tells how many there were. Whoever comes near updates the key. */
uint64_t tls_record_limit(const tls_suite *suite);

#endif
