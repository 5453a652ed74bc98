/* replay.h - a strike register (RFC 8446 section 8.2): which tickets brought early data, for as
 * long as the age check (section 8.3) would let them bring it again. It belongs to a set of ticket
 * keys, or to a context that has none; processes that share ticket keys but not a register need the
 * `early_data` decision. */
#ifndef TLS_REPLAY_H
#define TLS_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

#define TLS_REPLAY_CAPACITY 4096
#define TLS_REPLAY_WAYS 8

typedef struct tls_replay_entry {
    unsigned char id[16];
    int64_t expires; /* milliseconds since the epoch */
} tls_replay_entry;

/* Zero-initialised is a valid empty register; its memory is allocated at the first use. */
typedef struct tls_replay_register {
    tls_replay_entry *entries;
    int64_t latest; /* of its clock */
} tls_replay_register;

/* tls_replay_register_now is the register's clock, in milliseconds: it never goes back. What is
 * given is that of whoever asks. All that early data rests on (when a ticket was issued, its age,
 * how long it is remembered) goes by this one clock: a ticket that was forgotten while a clock was
 * ahead is too old for good. */
int64_t tls_replay_register_now(tls_replay_register *reg, int64_t now);

/* tls_replay_register_has: the ID was used, or could not be remembered if it were. */
int tls_replay_register_has(const tls_replay_register *reg, tls_bytes id, int64_t now);
/* tls_replay_register_use returns 1 and remembers the ID until `expires` when it was not used
 * before; 0 when it was, or when there is no room to remember it: then early data is not safe to
 * take. IDs are random and of 16 bytes at least. */
int tls_replay_register_use(tls_replay_register *reg, tls_bytes id, int64_t now, int64_t expires);
void tls_replay_register_release(tls_replay_register *reg);

TLS_PUBLIC_END

#endif
