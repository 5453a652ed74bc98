/* hostile13_cases.h - tables of single deviations: one field or one extension of one message, and
 * how the victim takes it. */
#ifndef HOSTILE13_CASES_H
#define HOSTILE13_CASES_H

#include "hostile13_world.h"

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

static const deviation *deviating; /* for the callback */

static inline void
deviate_fields(peer *p, char letter, void *message)
{
    const deviation *d = deviating;
    int client = p->role == TLS_ROLE_CLIENT;
    tls_client_hello *client_hello = message;
    tls_server_hello *server_hello = message;
    tls_bytes data = tls_bytes_make(d->data, d->length);

    if (letter != d->letter)
        return;
    switch (d->field) {
    case FIELD_LEGACY_VERSION:
        if (client)
            client_hello->legacy_version = d->number;
        else
            server_hello->legacy_version = d->number;
        break;
    case FIELD_SUITE:
        server_hello->cipher_suite = d->number;
        break;
    case FIELD_SUITES:
        client_hello->cipher_suites = data;
        break;
    case FIELD_SESSION_ID:
        if (client)
            client_hello->session_id = data;
        else
            server_hello->session_id = data;
        break;
    case FIELD_COMPRESSION:
        if (client)
            client_hello->compression_methods = data;
        else
            server_hello->compression_method = d->number;
        break;
    case FIELD_RANDOM:
        if (client)
            client_hello->random = data;
        else
            server_hello->random = data;
        break;
    default:
        break;
    }
}

/* deviate sets the peer up. */
static inline void
deviate(peer *p, const deviation *d)
{
    deviating = d;
    p->fields = deviate_fields;
    if (d->change != BLOCK_AS_IT_IS)
        change_block(p, d->letter, d->change, d->type, d->data, d->length);
}

/* judge plays the script and looks how it ended. */
static inline void
judge(peer *p, const char *script, enum tls_reason reason)
{
    play(p, script);
    if (reason == TLS_OK)
        goes_on(p, 1);
    else
        refuses(p, reason);
}

static inline void
run_deviations(const world *w, enum tls_role role, const char *where, const char *script,
    const deviation *list, size_t count, tls_session *session)
{
    size_t i;
    peer p;

    for (i = 0; i < count; i++) {
        sprintf(current, "%s: %s", where, list[i].name);
        open_victim(&p, w, role, session, tls_bytes_make(NULL, 0));
        p.take_psk = session != NULL && role == TLS_ROLE_SERVER;
        deviate(&p, &list[i]);
        judge(&p, script, list[i].reason);
        close_peer(&p);
    }
}

/* RUN runs a whole table. */
#define RUN(world, role, where, script, table, session)                                            \
    run_deviations(world, role, where, script, table, sizeof(table) / sizeof((table)[0]), session)

/* x25519 shares of small order: whatever the key, the result is zero (RFC 7748 section 6.1). */
static const char *const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/* Points that are none of P-256: at infinity, compressed, hybrid, not on the curve, a coordinate
 * over the field's prime, and of other lengths. */
static const char *const bad_points[] = {
    "00",
    "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    "066b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f4",
    "0400000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000000000000000000000",
    "04ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51",
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f500",
};

/* What the extension blocks of the messages are allowed to hold, by letter. */
static inline unsigned
place_of(char letter)
{
    switch (letter) {
    case 'K':
    case 'k':
        return TLS_IN_CLIENT_HELLO;
    case 'S':
        return TLS_IN_SERVER_HELLO_13;
    case 'H':
        return TLS_IN_HELLO_RETRY_REQUEST;
    case 'E':
        return TLS_IN_ENCRYPTED_EXTENSIONS;
    case 'R':
        return TLS_IN_CERTIFICATE_REQUEST;
    case 'C':
        return TLS_IN_CERTIFICATE;
    default:
        return TLS_IN_NEW_SESSION_TICKET;
    }
}

/* misplaced puts every known extension that has no place in a message there (RFC 8446 section 4.2),
 * and one that is unknown twice. */
static inline void
misplaced(const world *w, enum tls_role role, char letter, const char *script, unsigned retry_group)
{
    unsigned type;
    peer p;

    for (type = 0; type <= 0xFF01; type = type == 60 ? 0xFF01 : type + 1) {
        unsigned places = tls_extension_places(type);

        if (places == 0 || (places & place_of(letter)) != 0)
            continue;
        sprintf(current, "extension %u in %c", type, letter);
        open_peer(&p, w, role);
        if (retry_group != 0)
            p.group = retry_group;
        change_block(&p, letter, BLOCK_FIRST, type, "\0\0", 2);
        judge(&p, script, TLS_REASON_ILLEGAL_PARAMETER);
        close_peer(&p);
    }
    sprintf(current, "an unknown extension twice in %c", letter);
    open_peer(&p, w, role);
    if (retry_group != 0)
        p.group = retry_group;
    change_block(&p, letter, BLOCK_FIRST, 0x1234, NULL, 0);
    change_block(&p, letter, BLOCK_LAST, 0x1234, NULL, 0);
    judge(&p, script, TLS_REASON_ILLEGAL_PARAMETER);
    close_peer(&p);
    sprintf(current, "half an extension in %c", letter);
    open_peer(&p, w, role);
    if (retry_group != 0)
        p.group = retry_group;
    change_block(
        &p, letter, BLOCK_RAW, 0, "\x12\x34\xFF\xFF", 4); /* 65535 bytes that are not there */
    judge(&p, script, TLS_REASON_DECODE);
    close_peer(&p);
}

#endif
