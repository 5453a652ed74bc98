/* key_schedule.h - the secrets of TLS 1.3 (RFC 8446 section 7): Early Secret, Handshake Secret,
 * Master Secret, and what is derived from each. */
#ifndef TLS_KEY_SCHEDULE_H
#define TLS_KEY_SCHEDULE_H

#include <bearssl.h>

#include "base/bytes.h"
#include "crypto/hkdf.h"

/* Secrets have the length of the suite's hash. */
#define TLS_SECRET_MAXIMUM TLS_HKDF_HASH_MAXIMUM

enum tls_key_schedule_stage {
    TLS_KEY_SCHEDULE_NONE = 0,
    TLS_KEY_SCHEDULE_EARLY,
    TLS_KEY_SCHEDULE_HANDSHAKE,
    TLS_KEY_SCHEDULE_MASTER
};

enum tls_secret {
    TLS_SECRET_EXTERNAL_BINDER,
    TLS_SECRET_RESUMPTION_BINDER,
    TLS_SECRET_CLIENT_EARLY_TRAFFIC,
    TLS_SECRET_EARLY_EXPORTER,
    TLS_SECRET_CLIENT_HANDSHAKE_TRAFFIC,
    TLS_SECRET_SERVER_HANDSHAKE_TRAFFIC,
    TLS_SECRET_CLIENT_APPLICATION_TRAFFIC,
    TLS_SECRET_SERVER_APPLICATION_TRAFFIC,
    TLS_SECRET_EXPORTER,
    TLS_SECRET_RESUMPTION,
    TLS_SECRET_IMPORTED_BINDER /* RFC 9258 section 5.2 */
};

/* Zero-initialised is a valid schedule that has not started. */
typedef struct tls_key_schedule {
    const br_hash_class *hash;
    int stage; /* enum tls_key_schedule_stage: which secret stands below */
    unsigned char secret[TLS_SECRET_MAXIMUM];
} tls_key_schedule;

/* tls_key_schedule_start makes the Early Secret of a pre-shared key; an empty `psk` counts as
 * zeros. */
void tls_key_schedule_start(tls_key_schedule *ks, const br_hash_class *hash, tls_bytes psk);
/* tls_key_schedule_advance goes from the Early Secret to the Handshake Secret with what was agreed
 * by (EC)DHE, and from there to the Master Secret with nothing; an empty `shared` counts as zeros.
 * In another stage it does nothing. */
void tls_key_schedule_advance(tls_key_schedule *ks, tls_bytes shared);
/* tls_key_schedule_derive writes a secret of the hash's length. `transcript_hash` has that length
 * too; binders take the hash of no messages whatever is given. Returns 1, or 0 without a byte
 * written when the secret does not belong to the schedule's stage. */
int tls_key_schedule_derive(const tls_key_schedule *ks, unsigned char *out, enum tls_secret secret,
    const unsigned char *transcript_hash);
void tls_key_schedule_wipe(tls_key_schedule *ks);

/* tls_secret_keylog_label: its name in a key log, or NULL for what does not go there. */
const char *tls_secret_keylog_label(enum tls_secret secret);

/* tls_finished_mac: verify_data, or a PSK binder, under a traffic secret or a binder key (sections
 * 4.4.4 and 4.2.11.2). */
void tls_finished_mac(const br_hash_class *hash, unsigned char *out, const unsigned char *base_key,
    const unsigned char *transcript_hash);
/* tls_traffic_update replaces an application traffic secret by the next one (section 7.2). */
void tls_traffic_update(const br_hash_class *hash, unsigned char *secret);
/* tls_resumption_psk: the pre-shared key of a ticket (section 4.6.1); its nonce has at most 255
 * bytes. */
void tls_resumption_psk(const br_hash_class *hash, unsigned char *out,
    const unsigned char *resumption_secret, tls_bytes nonce);
/* tls_exporter: keying material for others (section 7.5); no context is the same as an empty one.
 * Returns 1, or 0 without a byte written when the label is empty or longer than
 * TLS_HKDF_LABEL_MAXIMUM, or `length` exceeds 255 times the hash's. */
int tls_exporter(const br_hash_class *hash, unsigned char *out, size_t length,
    const unsigned char *exporter_secret, const char *label, tls_bytes context);

#endif
