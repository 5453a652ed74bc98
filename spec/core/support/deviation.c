/* deviation.c - making them, and judging how they end. */
#include "support/check.h"
#include "support/deviation.h"

static const deviation *deviating; /* for the callback */

const char *const small_order[SMALL_ORDER_SHARES] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

const char *const bad_points[BAD_POINTS] = {
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

static void
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

void
peer_deviate(peer *p, const deviation *d)
{
    deviating = d;
    p->fields = deviate_fields;
    if (d->change != BLOCK_AS_IT_IS)
        peer_change_block(p, d->letter, d->change, d->type, d->data, d->length);
}

void
peer_judge(peer *p, const char *script, enum tls_reason reason)
{
    peer_play(p, script);
    if (reason == TLS_OK)
        peer_goes_on(p, 1);
    else
        peer_refuses(p, reason);
}

void
peer_deviations(const peer_world *w, enum tls_role role, const char *where, const char *script,
    const deviation *list, size_t count, tls_session *session)
{
    size_t i;
    peer p;

    for (i = 0; i < count; i++) {
        check_about("%s: %s", where, list[i].name);
        peer_open_victim(&p, w, role, session, tls_bytes_make(NULL, 0));
        p.take_psk = session != NULL && role == TLS_ROLE_SERVER;
        peer_deviate(&p, &list[i]);
        peer_judge(&p, script, list[i].reason);
        peer_close(&p);
    }
}

/* What the extension blocks of the messages are allowed to hold, by letter. */
static unsigned
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

void
peer_misplaced(
    const peer_world *w, enum tls_role role, char letter, const char *script, unsigned retry_group)
{
    unsigned type;
    peer p;

    for (type = 0; type <= 0xFF01; type = type == 60 ? 0xFF01 : type + 1) {
        unsigned places = tls_extension_places(type);

        if (places == 0 || (places & place_of(letter)) != 0)
            continue;
        check_about("extension %u in %c", type, letter);
        peer_open(&p, w, role);
        if (retry_group != 0)
            p.group = retry_group;
        peer_change_block(&p, letter, BLOCK_FIRST, type, "\0\0", 2);
        peer_judge(&p, script, TLS_REASON_ILLEGAL_PARAMETER);
        peer_close(&p);
    }
    check_about("an unknown extension twice in %c", letter);
    peer_open(&p, w, role);
    if (retry_group != 0)
        p.group = retry_group;
    peer_change_block(&p, letter, BLOCK_FIRST, 0x1234, NULL, 0);
    peer_change_block(&p, letter, BLOCK_LAST, 0x1234, NULL, 0);
    peer_judge(&p, script, TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);
    check_about("half an extension in %c", letter);
    peer_open(&p, w, role);
    if (retry_group != 0)
        p.group = retry_group;
    peer_change_block(
        &p, letter, BLOCK_RAW, 0, "\x12\x34\xFF\xFF", 4); /* 65535 bytes that are not there */
    peer_judge(&p, script, TLS_REASON_DECODE);
    peer_close(&p);
}
