/* hostile13_authentication_test.c - EncryptedExtensions and the messages that authenticate (RFC
 * 8446 sections 4.3 and 4.4), with one thing wrong in each, from servers and from clients, in the
 * handshake and after it. */
#include <string.h>

#include "support/check.h"
#include "support/deviation.h"

/* ---- EncryptedExtensions ---- */

static const deviation extensions[] = {
    {"honest", EXTENSION('E', BLOCK_AS_IT_IS, 0), NO_BYTES, TLS_OK},
    {"server_name", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SERVER_NAME), NO_BYTES, TLS_OK},
    {"server_name with a name", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SERVER_NAME),
        BYTES("\0\4\0\0\1a"), TLS_REASON_DECODE},
    {"supported_groups", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SUPPORTED_GROUPS),
        BYTES("\0\2\0\x18"), TLS_OK},
    {"half of supported_groups", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SUPPORTED_GROUPS),
        BYTES("\0\4\0\x18"), TLS_REASON_DECODE},
    {"early_data", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_EARLY_DATA), NO_BYTES,
        TLS_REASON_UNSUPPORTED_EXTENSION},
    {"a protocol", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_ALPN), BYTES("\0\3\2h2"),
        TLS_REASON_UNSUPPORTED_EXTENSION},
    {"record_size_limit", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_RECORD_SIZE_LIMIT),
        BYTES("\x40\0"), TLS_REASON_UNSUPPORTED_EXTENSION},
    {"max_fragment_length", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_MAX_FRAGMENT_LENGTH),
        BYTES("\1"), TLS_REASON_UNSUPPORTED_EXTENSION},
    {"use_srtp", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_USE_SRTP), BYTES("\0\2\0\1\0"),
        TLS_REASON_UNSUPPORTED_EXTENSION},
    {"heartbeat", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_HEARTBEAT), BYTES("\1"),
        TLS_REASON_UNSUPPORTED_EXTENSION},
    {"server_certificate_type", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE),
        BYTES("\2"), TLS_REASON_UNSUPPORTED_EXTENSION},
    {"ticket_request", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_TICKET_REQUEST), BYTES("\1"),
        TLS_REASON_UNSUPPORTED_EXTENSION},
    {"an unknown extension", EXTENSION('E', BLOCK_LAST, 0x1234), NO_BYTES,
        TLS_REASON_UNSUPPORTED_EXTENSION},
};

static const uint16_t types[] = {TLS_CERTIFICATE_TYPE_X509, TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY};

static void
with_offers(tls_context_options *client, tls_context_options *server)
{
    static tls_bytes protocols[2];

    (void)server;
    protocols[0] = tls_bytes_of_string("h2");
    protocols[1] = tls_bytes_of_string("http/1.1");
    client->alpn = protocols;
    client->alpn_count = 2;
    client->record_size_limit = 16384;
    client->max_fragment_length = 1024;
    client->staple = TLS_STAPLE_NONE;
    client->server_certificate_types = types;
    client->server_certificate_type_count = 2;
    client->new_session_count = 3;
}

static const deviation offered[] = {
    {"an X.509 certificate", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE),
        BYTES("\0"), TLS_OK},
    {"a raw public key, and then a certificate",
        EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE), BYTES("\2"),
        TLS_REASON_BAD_DER},
    {"a type that was not offered",
        EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE), BYTES("\1"),
        TLS_REASON_ILLEGAL_PARAMETER},
    {"no type", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE), NO_BYTES,
        TLS_REASON_DECODE},
    {"a list of types", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE),
        BYTES("\1\2"), TLS_REASON_DECODE},
    {"the client's type, which has no choice",
        EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE), BYTES("\2"),
        TLS_REASON_UNSUPPORTED_EXTENSION},
    {"tickets", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_TICKET_REQUEST), BYTES("\2"), TLS_OK},
    {"no number of tickets", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_TICKET_REQUEST), NO_BYTES,
        TLS_REASON_DECODE},
    {"two numbers of tickets", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_TICKET_REQUEST),
        BYTES("\2\2"), TLS_REASON_DECODE},
    {"the second protocol", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_ALPN),
        BYTES("\0\11\10http/1.1"), TLS_OK},
    {"a protocol that was not offered", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_ALPN),
        BYTES("\0\3\2h3"), TLS_REASON_ILLEGAL_PARAMETER},
    {"two protocols", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_ALPN), BYTES("\0\6\2h2\2h2"),
        TLS_REASON_DECODE},
    {"no protocol", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_ALPN), BYTES("\0\0"),
        TLS_REASON_DECODE},
    {"a protocol without a name", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_ALPN), BYTES("\0\1\0"),
        TLS_REASON_DECODE},
    {"record_size_limit 63", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_RECORD_SIZE_LIMIT),
        BYTES("\0\x3F"), TLS_REASON_ILLEGAL_PARAMETER},
    {"record_size_limit 64", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_RECORD_SIZE_LIMIT),
        BYTES("\0\x40"), TLS_OK},
    {"max_fragment_length as asked", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_MAX_FRAGMENT_LENGTH),
        BYTES("\2"), TLS_OK},
    {"another max_fragment_length", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_MAX_FRAGMENT_LENGTH),
        BYTES("\1"), TLS_REASON_ILLEGAL_PARAMETER},
    {"max_fragment_length 5", EXTENSION('E', BLOCK_LAST, TLS_EXTENSION_MAX_FRAGMENT_LENGTH),
        BYTES("\5"), TLS_REASON_ILLEGAL_PARAMETER},
    {"status_request beside a certificate",
        EXTENSION('C', BLOCK_LAST, TLS_EXTENSION_STATUS_REQUEST), BYTES("\1\0\0\1x"),
        TLS_REASON_UNSUPPORTED_EXTENSION},
};

static void
both_limits(const peer_world *w)
{
    peer p;

    /* RFC 8449 section 5. */
    check_about("record_size_limit and max_fragment_length");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_change_block(&p, 'E', BLOCK_LAST, TLS_EXTENSION_RECORD_SIZE_LIMIT, "\4\0", 2);
    peer_change_block(&p, 'E', BLOCK_LAST, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, "\2", 1);
    peer_judge(&p, "SECVF", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);
}

/* ---- CertificateRequest ---- */

static const deviation requests[] = {
    {"honest", EXTENSION('R', BLOCK_AS_IT_IS, 0), NO_BYTES, TLS_OK},
    {"no extensions", EXTENSION('R', BLOCK_WITHOUT, TLS_EXTENSION_SIGNATURE_ALGORITHMS), NO_BYTES,
        TLS_REASON_DECODE},
    {"no schemes", EXTENSION('R', BLOCK_REPLACE, TLS_EXTENSION_SIGNATURE_ALGORITHMS), BYTES("\0\0"),
        TLS_REASON_DECODE},
    {"unknown schemes: an empty Certificate answers",
        EXTENSION('R', BLOCK_REPLACE, TLS_EXTENSION_SIGNATURE_ALGORITHMS), BYTES("\0\2\xFE\xFE"),
        TLS_OK},
    {"an unknown extension", EXTENSION('R', BLOCK_LAST, 0x1234), BYTES("x"), TLS_OK},
    {"half an authority", EXTENSION('R', BLOCK_LAST, TLS_EXTENSION_CERTIFICATE_AUTHORITIES),
        BYTES("\0\4\0\3x"), TLS_REASON_DECODE},
    {"status_request", EXTENSION('R', BLOCK_LAST, TLS_EXTENSION_STATUS_REQUEST), NO_BYTES, TLS_OK},
    {"oid_filters", EXTENSION('R', BLOCK_LAST, TLS_EXTENSION_OID_FILTERS), BYTES("\0\0"), TLS_OK},
};

static void
more_requests(const peer_world *w)
{
    tls_session *session = peer_world_session(w);
    peer p;

    check_about("CertificateRequest without signature_algorithms");
    peer_open(&p, w, TLS_ROLE_SERVER);
    peer_change_block(&p, 'R', BLOCK_WITHOUT, TLS_EXTENSION_SIGNATURE_ALGORITHMS, NULL, 0);
    peer_change_block(&p, 'R', BLOCK_LAST, 0x1234, NULL, 0);
    peer_judge(&p, "SERCVF", TLS_REASON_MISSING_EXTENSION);
    peer_close(&p);

    check_about("CertificateRequest with a context");
    peer_open(&p, w, TLS_ROLE_SERVER);
    tls_write_u8(&p.context, 1);
    peer_judge(&p, "SERCVF", TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);

    /* RFC 8446 section 4.3.2: not beside a PSK, and no certificate either. */
    check_about("CertificateRequest beside a PSK");
    peer_open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
    p.take_psk = 1;
    peer_judge(&p, "SERF", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
    check_about("Certificate beside a PSK");
    peer_open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
    p.take_psk = 1;
    peer_judge(&p, "SECVF", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
    tls_session_release(session);
}

/* ---- What both sides do wrong ---- */

/* An authentication that goes wrong in the peer of a role. */
typedef struct authentication {
    enum tls_role role;
    const char *script;
    const char *until; /* before Certificate */
    const char *rest;
} authentication;

static const authentication sides[] = {
    {TLS_ROLE_SERVER, "SECVF", "SE", "CVF"},
    {TLS_ROLE_CLIENT, "KCVF", "K", "CVF"},
};

static void
with_mutual(tls_context_options *client, tls_context_options *server)
{
    (void)client;
    server->verify = TLS_VERIFY_REQUIRED;
}

/* Edits of whole messages. */
static char edit_letter;

static void
flip_at(peer *p, char letter, tls_buffer *message)
{
    size_t position =
        p->parameter >= 0 ? (size_t)p->parameter : message->length - (size_t)-p->parameter;

    if (letter == edit_letter)
        message->data[position] ^= 0x10;
}

static void
replace_body(peer *p, char letter, tls_buffer *message)
{
    unsigned type = message->data[0];

    if (letter != edit_letter)
        return;
    tls_buffer_clear(message);
    require(tls_handshake_build(message, type, p->bytes) == TLS_OK, "a message");
}

static void
edited(const peer_world *w, const authentication *side, const char *what, char letter,
    void (*edit)(peer *p, char letter, tls_buffer *message), int parameter, tls_bytes bytes,
    enum tls_reason reason)
{
    peer p;

    check_about("%s: %s", side->script, what);
    peer_open(&p, w, side->role);
    edit_letter = letter;
    p.edit = edit;
    p.parameter = parameter;
    p.bytes = bytes;
    peer_judge(&p, side->script, reason);
    peer_close(&p);
}

static void
certificates(const peer_world *w, const authentication *side)
{
    static const unsigned char empty_entry[] = {0, 0, 0, 5, 0, 0, 0, 0, 0},
                               garbage[] = {0, 0, 0, 8, 0, 0, 3, 'a', 'b', 'c', 0, 0},
                               half_entry[] = {0, 0, 0, 4, 0, 0, 3, 'a'};
    const tls_certificate *chain[TLS_CHAIN_MAXIMUM + 1];
    tls_bytes nothing = tls_bytes_make(NULL, 0);
    size_t i;
    peer p;

    edited(w, side, "a certificate of no bytes", 'C', replace_body, 0,
        tls_bytes_make(empty_entry, sizeof empty_entry), TLS_REASON_DECODE);
    edited(w, side, "half a certificate", 'C', replace_body, 0,
        tls_bytes_make(half_entry, sizeof half_entry), TLS_REASON_DECODE);
    edited(w, side, "no certificate at all but three bytes", 'C', replace_body, 0,
        tls_bytes_make(garbage, sizeof garbage), TLS_REASON_BAD_CERTIFICATE);
    edited(w, side, "the certificate of another signature", 'C', flip_at, -3, nothing,
        side->role == TLS_ROLE_SERVER ? TLS_REASON_SELF_SIGNED : TLS_REASON_SELF_SIGNED);

    check_about("%s: a context of its own", side->script);
    peer_open(&p, w, side->role);
    peer_play(&p, side->until);
    tls_write_u8(&p.context, 1);
    peer_judge(&p, side->rest, TLS_REASON_ILLEGAL_PARAMETER);
    peer_close(&p);

    check_about("%s: an unknown extension beside a certificate", side->script);
    peer_open(&p, w, side->role);
    peer_change_block(&p, 'C', BLOCK_LAST, 0x1234, NULL, 0);
    peer_judge(&p, side->script, TLS_REASON_UNSUPPORTED_EXTENSION);
    peer_close(&p);

    check_about("%s: half a status beside a certificate", side->script);
    peer_open(&p, w, side->role);
    peer_change_block(&p, 'C', BLOCK_LAST, TLS_EXTENSION_STATUS_REQUEST, "\1\0\0\2x", 5);
    peer_judge(&p, side->script, TLS_REASON_DECODE);
    peer_close(&p);

    check_about("%s: a chain that is too long", side->script);
    peer_open(&p, w, side->role);
    for (i = 0; i < TLS_CHAIN_MAXIMUM + 1; i++)
        chain[i] = materials.ec.list->items[0];
    p.chain = chain;
    p.chain_count = TLS_CHAIN_MAXIMUM + 1;
    peer_judge(&p, side->script, TLS_REASON_LIMIT);
    peer_close(&p);

    check_about("%s: a certificate that nobody trusts", side->script);
    peer_open(&p, w, side->role);
    peer_present(&p, &materials.wrong_usage, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    peer_judge(&p, side->script, TLS_REASON_SELF_SIGNED);
    peer_close(&p);
}

static unsigned said_scheme;

static void
say_scheme(peer *p, char letter, void *message)
{
    (void)p;
    if (letter == 'V')
        ((tls_message *)message)->u.certificate_verify.scheme = said_scheme;
}

/* RFC 8446 sections 4.2.3 and 4.4.3: `made` is how the signature was made, `said` what the message
 * says. */
static void
schemes(const peer_world *w, const authentication *side)
{
    static const struct {
        const identity *identity;
        unsigned made, said;
        enum tls_reason reason;
    } cases[] = {
        {&materials.ec, 0x0403, 0x0403, TLS_OK},
        {&materials.rsa, 0x0804, 0x0804, TLS_OK},
        {&materials.p384, 0x0503, 0x0503, TLS_OK},
        /* Not for TLS 1.3, though offered for what is below. */
        {&materials.rsa, 0x0401, 0x0401, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.rsa, 0x0201, 0x0201, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.ec, 0x0203, 0x0203, TLS_REASON_ILLEGAL_PARAMETER},
        /* Not offered. */
        {&materials.rsa, 0x0805, 0x0805, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.rsa, 0x0806, 0x0806, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.ec, 0x0603, 0x0603, TLS_REASON_ILLEGAL_PARAMETER},
        /* Of another curve. */
        {&materials.ec, 0x0503, 0x0503, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.p384, 0x0403, 0x0403, TLS_REASON_ILLEGAL_PARAMETER},
        /* Of another kind of key. */
        {&materials.ec, 0x0403, 0x0804, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.rsa, 0x0804, 0x0403, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.rsa, 0x0804, 0x0809, TLS_REASON_ILLEGAL_PARAMETER},
        /* Nobody's. */
        {&materials.ec, 0x0403, 0x0807, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.ec, 0x0403, 0x0000, TLS_REASON_ILLEGAL_PARAMETER},
        {&materials.ec, 0x0403, 0xFAFA, TLS_REASON_ILLEGAL_PARAMETER},
        /* Another signature than it says. */
        {&materials.rsa, 0x0401, 0x0804, TLS_REASON_BAD_SIGNATURE},
        {&materials.rsa, 0x0805, 0x0804, TLS_REASON_BAD_SIGNATURE},
        {&materials.ec, 0x0503, 0x0403, TLS_REASON_BAD_SIGNATURE},
    };
    size_t i;
    peer p;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_about("%s: CertificateVerify of %04X that says %04X, case %u", side->script,
            cases[i].made, cases[i].said, (unsigned)i);
        peer_open(&p, w, side->role);
        peer_present(&p, cases[i].identity, cases[i].made);
        said_scheme = cases[i].said;
        p.fields = say_scheme;
        peer_judge(&p, side->script, cases[i].reason);
        peer_close(&p);
    }
}

static void
signatures(const peer_world *w, const authentication *side)
{
    static const unsigned char none[] = {4, 3, 0, 0};
    static unsigned char endless[5004] = {4, 3, 0x13, 0x88};
    static const int positions[] = {-1, -40, 9, 8};
    tls_bytes nothing = tls_bytes_make(NULL, 0);
    size_t i;
    peer p;

    for (i = 0; i < sizeof positions / sizeof positions[0]; i++)
        edited(w, side, "a signature with a bit flipped", 'V', flip_at, positions[i], nothing,
            TLS_REASON_BAD_SIGNATURE);
    edited(w, side, "no signature", 'V', replace_body, 0, tls_bytes_make(none, sizeof none),
        TLS_REASON_BAD_SIGNATURE);
    edited(w, side, "a signature of 5000 bytes", 'V', replace_body, 0,
        tls_bytes_make(endless, sizeof endless), TLS_REASON_BAD_SIGNATURE);

    check_about("%s: the signature of another key", side->script);
    peer_open(&p, w, side->role);
    p.key = materials.wrong_usage.key;
    peer_judge(&p, side->script, TLS_REASON_BAD_SIGNATURE);
    peer_close(&p);

    check_about("%s: the signature of the other side", side->script);
    peer_open(&p, w, side->role);
    peer_play(&p, side->until);
    peer_play(&p, "C");
    p.role = side->role == TLS_ROLE_SERVER ? TLS_ROLE_CLIENT : TLS_ROLE_SERVER;
    {
        tls_buffer message = {0};

        peer_build(&p, 'V', &message);
        p.role = side->role;
        peer_note(&p, 'V', tls_buffer_view(&message));
        tls_buffer_append(&p.held, message.data, message.length);
        tls_buffer_release(&message);
    }
    peer_flush(&p);
    peer_refuses(&p, TLS_REASON_BAD_SIGNATURE);
    peer_close(&p);

    check_about("%s: a signature over another transcript", side->script);
    peer_open(&p, w, side->role);
    peer_play(&p, side->until);
    peer_play(&p, "C");
    tls_transcript_update(&p.transcript, tls_bytes_of_string("x"));
    peer_judge(&p, "V", TLS_REASON_BAD_SIGNATURE);
    peer_close(&p);
}

static void
finished(const peer_world *w, const authentication *side)
{
    static const unsigned char zeros[48] = {0};
    static const size_t lengths[] = {0, 12, 31, 33, 48};
    tls_bytes nothing = tls_bytes_make(NULL, 0);
    size_t i;
    peer p;

    edited(w, side, "Finished with its first bit flipped", 'F', flip_at, 4, nothing,
        TLS_REASON_BAD_FINISHED);
    edited(w, side, "Finished with its last bit flipped", 'F', flip_at, -1, nothing,
        TLS_REASON_BAD_FINISHED);
    edited(w, side, "Finished of zeros", 'F', replace_body, 0, tls_bytes_make(zeros, 32),
        TLS_REASON_BAD_FINISHED);
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        edited(w, side, "Finished of another length", 'F', replace_body, 0,
            tls_bytes_make(zeros, lengths[i]), TLS_REASON_DECODE);

    check_about("%s: Finished of the other side's key", side->script);
    peer_open(&p, w, side->role);
    peer_play(&p, side->role == TLS_ROLE_SERVER ? "SECV" : "KCV");
    memcpy(p.server_handshake,
        side->role == TLS_ROLE_SERVER ? p.client_handshake : p.server_handshake, 32);
    memcpy(p.client_handshake, p.server_handshake, 32);
    peer_judge(&p, "F", TLS_REASON_BAD_FINISHED);
    peer_close(&p);
}

/* ---- Key usage (section 4.4.2.2) ---- */

static void
without_verification(tls_context_options *client, tls_context_options *server)
{
    (void)server;
    client->verify = TLS_VERIFY_NONE;
}

static void
usage(void)
{
    peer_world w;
    peer p;

    peer_world_open(&w, without_verification);
    check_about("a certificate that may not sign, to a client that verifies nothing");
    peer_open(&p, &w, TLS_ROLE_SERVER);
    peer_present(&p, &materials.wrong_usage, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    peer_judge(&p, "SECVF", TLS_REASON_WRONG_PURPOSE);
    peer_close(&p);
    /* It verifies the signature all the same. */
    check_about("a wrong signature, to a client that verifies nothing");
    peer_open(&p, &w, TLS_ROLE_SERVER);
    p.key = materials.wrong_usage.key;
    peer_judge(&p, "SECVF", TLS_REASON_BAD_SIGNATURE);
    peer_close(&p);
    peer_world_close(&w);
}

/* ---- Clients without a certificate ---- */

static void
with_optional(tls_context_options *client, tls_context_options *server)
{
    (void)client;
    server->verify = TLS_VERIFY_OPTIONAL;
}

static void
empty_certificates(void)
{
    peer_world w;
    peer p;

    peer_world_open(&w, with_mutual);
    check_about("no certificate where one is required");
    peer_open(&p, &w, TLS_ROLE_CLIENT);
    p.chain_count = 0;
    peer_play(&p, "KCF");
    /* RFC 8446 section 6.2: TLS 1.3 has an alert for it. */
    peer_refuses_with(&p, TLS_REASON_CERTIFICATE_REQUIRED, TLS_ALERT_CERTIFICATE_REQUIRED);
    peer_close(&p);

    check_about("no certificate from a server");
    peer_open(&p, &w, TLS_ROLE_SERVER);
    p.chain_count = 0;
    peer_judge(&p, "SECVF", TLS_REASON_DECODE); /* section 4.4.2.4 */
    peer_close(&p);
    peer_world_close(&w);

    peer_world_open(&w, with_optional);
    check_about("no certificate where it is optional");
    peer_open(&p, &w, TLS_ROLE_CLIENT);
    p.chain_count = 0;
    peer_judge(&p, "KCF", TLS_OK);
    peer_close(&p);
    check_about("CertificateVerify without a certificate");
    peer_open(&p, &w, TLS_ROLE_CLIENT);
    p.chain_count = 0;
    peer_judge(&p, "KCVF", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
    check_about("a certificate without CertificateVerify, where it is optional");
    peer_open(&p, &w, TLS_ROLE_CLIENT);
    peer_judge(&p, "KCF", TLS_REASON_UNEXPECTED_MESSAGE);
    peer_close(&p);
    check_about("a certificate that nobody trusts, where it is optional");
    peer_open(&p, &w, TLS_ROLE_CLIENT);
    peer_present(&p, &materials.wrong_usage, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    peer_judge(&p, "KCVF", TLS_REASON_SELF_SIGNED);
    peer_close(&p);
    peer_world_close(&w);
}

int
main(void)
{
    size_t i;
    peer_world w;

    make_materials();
    peer_world_open(&w, with_mutual);
    RUN(&w, TLS_ROLE_SERVER, "EncryptedExtensions", "SECVF", extensions, NULL);
    RUN(&w, TLS_ROLE_SERVER, "CertificateRequest", "SERCVF", requests, NULL);
    peer_misplaced(&w, TLS_ROLE_SERVER, 'E', "SECVF", 0);
    peer_misplaced(&w, TLS_ROLE_SERVER, 'R', "SERCVF", 0);
    peer_misplaced(&w, TLS_ROLE_SERVER, 'C', "SECVF", 0);
    peer_misplaced(&w, TLS_ROLE_CLIENT, 'C', "KCVF", 0);
    for (i = 0; i < 2; i++) {
        certificates(&w, &sides[i]);
        schemes(&w, &sides[i]);
        signatures(&w, &sides[i]);
        finished(&w, &sides[i]);
    }
    peer_world_close(&w);
    peer_world_open(&w, NULL);
    more_requests(&w);
    peer_world_close(&w);
    peer_world_open(&w, with_offers);
    RUN(&w, TLS_ROLE_SERVER, "EncryptedExtensions", "SECVF", offered, NULL);
    both_limits(&w);
    peer_world_close(&w);
    usage();
    empty_certificates();
    release_materials();
    return check_end();
}
