/* hostile13_authentication_test.c - EncryptedExtensions and the messages that authenticate (RFC
 * 8446 sections 4.3 and 4.4), with one thing wrong in each, from servers and from clients, in the
 * handshake and after it. */
#include "hostile13_cases.h"

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
    {"an unknown extension", EXTENSION('E', BLOCK_LAST, 0x1234), NO_BYTES,
        TLS_REASON_UNSUPPORTED_EXTENSION},
};

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
    client->no_status_request = 1;
}

static const deviation offered[] = {
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
both_limits(const world *w)
{
    peer p;

    /* RFC 8449 section 5. */
    sprintf(current, "record_size_limit and max_fragment_length");
    open_peer(&p, w, TLS_ROLE_SERVER);
    change_block(&p, 'E', BLOCK_LAST, TLS_EXTENSION_RECORD_SIZE_LIMIT, "\4\0", 2);
    change_block(&p, 'E', BLOCK_LAST, TLS_EXTENSION_MAX_FRAGMENT_LENGTH, "\2", 1);
    judge(&p, "SECVF", TLS_REASON_ILLEGAL_PARAMETER);
    close_peer(&p);
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
more_requests(const world *w)
{
    tls_session *session = make_session(w);
    peer p;

    sprintf(current, "CertificateRequest without signature_algorithms");
    open_peer(&p, w, TLS_ROLE_SERVER);
    change_block(&p, 'R', BLOCK_WITHOUT, TLS_EXTENSION_SIGNATURE_ALGORITHMS, NULL, 0);
    change_block(&p, 'R', BLOCK_LAST, 0x1234, NULL, 0);
    judge(&p, "SERCVF", TLS_REASON_MISSING_EXTENSION);
    close_peer(&p);

    sprintf(current, "CertificateRequest with a context");
    open_peer(&p, w, TLS_ROLE_SERVER);
    tls_write_u8(&p.context, 1);
    judge(&p, "SERCVF", TLS_REASON_ILLEGAL_PARAMETER);
    close_peer(&p);

    /* RFC 8446 section 4.3.2: not beside a PSK, and no certificate either. */
    sprintf(current, "CertificateRequest beside a PSK");
    open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
    p.take_psk = 1;
    judge(&p, "SERF", TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);
    sprintf(current, "Certificate beside a PSK");
    open_victim(&p, w, TLS_ROLE_SERVER, session, tls_bytes_make(NULL, 0));
    p.take_psk = 1;
    judge(&p, "SECVF", TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);
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
    must(tls_handshake_build(message, type, p->bytes) == TLS_OK, "a message");
}

static void
edited(const world *w, const authentication *side, const char *what, char letter,
    void (*edit)(peer *p, char letter, tls_buffer *message), int parameter, tls_bytes bytes,
    enum tls_reason reason)
{
    peer p;

    sprintf(current, "%s: %s", side->script, what);
    open_peer(&p, w, side->role);
    edit_letter = letter;
    p.edit = edit;
    p.parameter = parameter;
    p.bytes = bytes;
    judge(&p, side->script, reason);
    close_peer(&p);
}

static void
certificates(const world *w, const authentication *side)
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

    sprintf(current, "%s: a context of its own", side->script);
    open_peer(&p, w, side->role);
    play(&p, side->until);
    tls_write_u8(&p.context, 1);
    judge(&p, side->rest, TLS_REASON_ILLEGAL_PARAMETER);
    close_peer(&p);

    sprintf(current, "%s: an unknown extension beside a certificate", side->script);
    open_peer(&p, w, side->role);
    change_block(&p, 'C', BLOCK_LAST, 0x1234, NULL, 0);
    judge(&p, side->script, TLS_REASON_UNSUPPORTED_EXTENSION);
    close_peer(&p);

    sprintf(current, "%s: half a status beside a certificate", side->script);
    open_peer(&p, w, side->role);
    change_block(&p, 'C', BLOCK_LAST, TLS_EXTENSION_STATUS_REQUEST, "\1\0\0\2x", 5);
    judge(&p, side->script, TLS_REASON_DECODE);
    close_peer(&p);

    sprintf(current, "%s: a chain that is too long", side->script);
    open_peer(&p, w, side->role);
    for (i = 0; i < TLS_CHAIN_MAXIMUM + 1; i++)
        chain[i] = materials.ec.list->items[0];
    p.chain = chain;
    p.chain_count = TLS_CHAIN_MAXIMUM + 1;
    judge(&p, side->script, TLS_REASON_LIMIT);
    close_peer(&p);

    sprintf(current, "%s: a certificate that nobody trusts", side->script);
    open_peer(&p, w, side->role);
    present(&p, &materials.wrong_usage, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    judge(&p, side->script, TLS_REASON_SELF_SIGNED);
    close_peer(&p);
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
schemes(const world *w, const authentication *side)
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
        sprintf(current, "%s: CertificateVerify of %04X that says %04X, case %u", side->script,
            cases[i].made, cases[i].said, (unsigned)i);
        open_peer(&p, w, side->role);
        present(&p, cases[i].identity, cases[i].made);
        said_scheme = cases[i].said;
        p.fields = say_scheme;
        judge(&p, side->script, cases[i].reason);
        close_peer(&p);
    }
}

static void
signatures(const world *w, const authentication *side)
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

    sprintf(current, "%s: the signature of another key", side->script);
    open_peer(&p, w, side->role);
    p.key = materials.wrong_usage.key;
    judge(&p, side->script, TLS_REASON_BAD_SIGNATURE);
    close_peer(&p);

    sprintf(current, "%s: the signature of the other side", side->script);
    open_peer(&p, w, side->role);
    play(&p, side->until);
    play(&p, "C");
    p.role = side->role == TLS_ROLE_SERVER ? TLS_ROLE_CLIENT : TLS_ROLE_SERVER;
    {
        tls_buffer message = {0};

        build(&p, 'V', &message);
        p.role = side->role;
        note(&p, 'V', tls_buffer_view(&message));
        tls_buffer_append(&p.held, message.data, message.length);
        tls_buffer_release(&message);
    }
    flush(&p);
    refuses(&p, TLS_REASON_BAD_SIGNATURE);
    close_peer(&p);

    sprintf(current, "%s: a signature over another transcript", side->script);
    open_peer(&p, w, side->role);
    play(&p, side->until);
    play(&p, "C");
    tls_transcript_update(&p.transcript, tls_bytes_of_string("x"));
    judge(&p, "V", TLS_REASON_BAD_SIGNATURE);
    close_peer(&p);
}

static void
finished(const world *w, const authentication *side)
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

    sprintf(current, "%s: Finished of the other side's key", side->script);
    open_peer(&p, w, side->role);
    play(&p, side->role == TLS_ROLE_SERVER ? "SECV" : "KCV");
    memcpy(p.server_handshake,
        side->role == TLS_ROLE_SERVER ? p.client_handshake : p.server_handshake, 32);
    memcpy(p.client_handshake, p.server_handshake, 32);
    judge(&p, "F", TLS_REASON_BAD_FINISHED);
    close_peer(&p);
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
    world w;
    peer p;

    open_world(&w, without_verification);
    sprintf(current, "a certificate that may not sign, to a client that verifies nothing");
    open_peer(&p, &w, TLS_ROLE_SERVER);
    present(&p, &materials.wrong_usage, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    judge(&p, "SECVF", TLS_REASON_WRONG_PURPOSE);
    close_peer(&p);
    /* It verifies the signature all the same. */
    sprintf(current, "a wrong signature, to a client that verifies nothing");
    open_peer(&p, &w, TLS_ROLE_SERVER);
    p.key = materials.wrong_usage.key;
    judge(&p, "SECVF", TLS_REASON_BAD_SIGNATURE);
    close_peer(&p);
    close_world(&w);
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
    world w;
    peer p;

    open_world(&w, with_mutual);
    sprintf(current, "no certificate where one is required");
    open_peer(&p, &w, TLS_ROLE_CLIENT);
    p.chain_count = 0;
    play(&p, "KCF");
    /* RFC 8446 section 6.2: TLS 1.3 has an alert for it. */
    refuses_with(&p, TLS_REASON_CERTIFICATE_REQUIRED, TLS_ALERT_CERTIFICATE_REQUIRED);
    close_peer(&p);

    sprintf(current, "no certificate from a server");
    open_peer(&p, &w, TLS_ROLE_SERVER);
    p.chain_count = 0;
    judge(&p, "SECVF", TLS_REASON_DECODE); /* section 4.4.2.4 */
    close_peer(&p);
    close_world(&w);

    open_world(&w, with_optional);
    sprintf(current, "no certificate where it is optional");
    open_peer(&p, &w, TLS_ROLE_CLIENT);
    p.chain_count = 0;
    judge(&p, "KCF", TLS_OK);
    close_peer(&p);
    sprintf(current, "CertificateVerify without a certificate");
    open_peer(&p, &w, TLS_ROLE_CLIENT);
    p.chain_count = 0;
    judge(&p, "KCVF", TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);
    sprintf(current, "a certificate without CertificateVerify, where it is optional");
    open_peer(&p, &w, TLS_ROLE_CLIENT);
    judge(&p, "KCF", TLS_REASON_UNEXPECTED_MESSAGE);
    close_peer(&p);
    sprintf(current, "a certificate that nobody trusts, where it is optional");
    open_peer(&p, &w, TLS_ROLE_CLIENT);
    present(&p, &materials.wrong_usage, TLS_SCHEME_ECDSA_SECP256R1_SHA256);
    judge(&p, "KCVF", TLS_REASON_SELF_SIGNED);
    close_peer(&p);
    close_world(&w);
}

int
main(void)
{
    size_t i;
    world w;

    make_materials();
    open_world(&w, with_mutual);
    RUN(&w, TLS_ROLE_SERVER, "EncryptedExtensions", "SECVF", extensions, NULL);
    RUN(&w, TLS_ROLE_SERVER, "CertificateRequest", "SERCVF", requests, NULL);
    misplaced(&w, TLS_ROLE_SERVER, 'E', "SECVF", 0);
    misplaced(&w, TLS_ROLE_SERVER, 'R', "SERCVF", 0);
    misplaced(&w, TLS_ROLE_SERVER, 'C', "SECVF", 0);
    misplaced(&w, TLS_ROLE_CLIENT, 'C', "KCVF", 0);
    for (i = 0; i < 2; i++) {
        certificates(&w, &sides[i]);
        schemes(&w, &sides[i]);
        signatures(&w, &sides[i]);
        finished(&w, &sides[i]);
    }
    close_world(&w);
    open_world(&w, NULL);
    more_requests(&w);
    close_world(&w);
    open_world(&w, with_offers);
    RUN(&w, TLS_ROLE_SERVER, "EncryptedExtensions", "SECVF", offered, NULL);
    both_limits(&w);
    close_world(&w);
    usage();
    empty_certificates();
    release_materials();
    return finish();
}
