/* ticket.h - keys under which a server seals sessions into tickets (RFC 5077 section 4), so that it
 * keeps nothing itself. Processes and machines that hold the same keys resume each other's
 * sessions. */
#ifndef TLS_TICKET_H
#define TLS_TICKET_H

#include "base/bounds.h"
#include "base/bytes.h"
#include "session/replay.h"

TLS_PUBLIC_BEGIN

typedef struct tls_ticket_keys tls_ticket_keys;

#define TLS_TICKET_KEY_NAME_LENGTH 16
#define TLS_TICKET_KEYS_MAXIMUM 8
/* No ticket that is sealed here is longer. */
#define TLS_TICKET_MAXIMUM ((size_t)16384)

/* Seconds. Every `now` is in seconds since 1970. */
#define TLS_TICKET_KEYS_BOUNDS(X)                                                                  \
    X(rotation, 1, 31536000, 86400)                                                                \
    X(overlap, 1, 31536000, 86400)

extern const tls_bounds tls_ticket_keys_bounds[];

/* tls_ticket_keys_new makes a set with one fresh key. A key seals for `rotation` seconds (0:
 * 86400), then a new one is made at the next seal; it opens for `overlap` seconds (0: 86400) after
 * that, so that tickets survive the rotation. ILLEGAL_PARAMETER, NO_RANDOM, OUT_OF_MEMORY. */
enum tls_reason tls_ticket_keys_new(
    tls_ticket_keys **out, unsigned rotation, unsigned overlap, int64_t now);
tls_ticket_keys *tls_ticket_keys_retain(tls_ticket_keys *keys);
void tls_ticket_keys_release(tls_ticket_keys *keys);
size_t tls_ticket_keys_count(const tls_ticket_keys *keys);

/* tls_ticket_keys_rotate makes a new key for sealing at once. */
enum tls_reason tls_ticket_keys_rotate(tls_ticket_keys *keys, int64_t now);
/* tls_ticket_keys_export appends the keys: secrets, to be given only to servers of the same name
 * and policy. tls_ticket_keys_replace takes them over in place of what `keys` holds, so that
 * contexts that share the object follow; keys of its own that still open are kept behind.
 * BAD_TICKET_KEYS. */
enum tls_reason tls_ticket_keys_export(const tls_ticket_keys *keys, tls_buffer *out);
enum tls_reason tls_ticket_keys_replace(tls_ticket_keys *keys, tls_bytes exported, int64_t now);

/* tls_ticket_keys_register: which tickets of these keys brought early data (replay.h). It is the
 * keys' and not a context's, so that contexts that open each other's tickets see each other's
 * strikes. */
tls_replay_register *tls_ticket_keys_register(tls_ticket_keys *keys);

/* tls_ticket_seal appends a ticket that holds `plaintext`; tls_ticket_open appends the plaintext of
 * one and returns 1, or 0 for whatever was not sealed under a key of the set that still opens. */
enum tls_reason tls_ticket_seal(
    tls_ticket_keys *keys, tls_buffer *ticket, tls_bytes plaintext, int64_t now);
int tls_ticket_open(
    const tls_ticket_keys *keys, tls_buffer *plaintext, tls_bytes ticket, int64_t now);
/* tls_ticket_is_current: whether one that opens was sealed under the key that seals now. */
int tls_ticket_is_current(const tls_ticket_keys *keys, tls_bytes ticket, int64_t now);

TLS_PUBLIC_END

#endif
