/* deviation.h - tables of single deviations: one field or one extension of one message, and how the
 * victim takes it. */
#ifndef DEVIATION_H
#define DEVIATION_H

#include "support/peer_world.h"

/* Fields of hellos. */
enum field {
    FIELD_NONE,
    FIELD_LEGACY_VERSION,
    FIELD_SUITE,
    FIELD_SUITES,
    FIELD_SESSION_ID,
    FIELD_COMPRESSION,
    FIELD_RANDOM
};

typedef struct deviation {
    const char *name;
    char letter; /* of the message */
    enum field field;
    unsigned number; /* its value, where it is one */
    enum block_change change;
    unsigned type;    /* of the extension */
    const char *data; /* of the extension or the field */
    size_t length;
    enum tls_reason reason; /* TLS_OK: established, as if nothing were wrong */
} deviation;

#define BYTES(literal) literal, sizeof literal - 1
#define NO_BYTES NULL, 0
#define EXTENSION(letter, change, type) letter, FIELD_NONE, 0, change, type
#define FIELD(letter, field, number) letter, field, number, BLOCK_AS_IT_IS, 0

/* peer_deviate sets the peer up. */
void peer_deviate(peer *p, const deviation *d);

/* peer_judge plays the script and looks how it ended. */
void peer_judge(peer *p, const char *script, enum tls_reason reason);

void peer_deviations(const peer_world *w, enum tls_role role, const char *where, const char *script,
    const deviation *list, size_t count, tls_session *session);

/* RUN runs a whole table. */
#define RUN(world, role, where, script, table, session)                                            \
    peer_deviations(world, role, where, script, table, sizeof(table) / sizeof((table)[0]), session)

/* x25519 shares of small order: whatever the key, the result is zero (RFC 7748 section 6.1). */
#define SMALL_ORDER_SHARES 7
extern const char *const small_order[SMALL_ORDER_SHARES];

/* Points that are none of P-256: at infinity, compressed, hybrid, not on the curve, a coordinate
 * over the field's prime, and of other lengths. */
#define BAD_POINTS 8
extern const char *const bad_points[BAD_POINTS];

/* peer_misplaced puts every known extension that has no place in a message there (RFC 8446
 * section 4.2), and one that is unknown twice. */
void peer_misplaced(
    const peer_world *w, enum tls_role role, char letter, const char *script, unsigned retry_group);

#endif
