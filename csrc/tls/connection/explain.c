/* explain.c - what ended a connection, in words: which message broke a rule, what a peer said that
 * does not speak TLS, and what its alert probably means. The reason and its alert stand in
 * base/error_table.h; here is what only this connection knows. */
#include <stdlib.h>
#include <string.h>

#include "connection/internal.h"

static void
say(tls_buffer *text, const char *string)
{
    tls_buffer_append(text, string, strlen(string));
}

static void
keep(tls_connection *c, tls_buffer *text)
{
    if (!text->failed)
        c->failure_text = tls_bytes_to_string(tls_buffer_view(text));
    tls_buffer_release(text);
}

/* say_state names the state of the handshake that runs. */
static void
say_state(tls_buffer *text, const tls_connection *c)
{
    const char *state = tls_connection_state(c);

    if (state == NULL)
        return;
    say(text, " (");
    say(text, state);
    say(text, ")");
}

/* ---- A peer that does not speak TLS ---- */

/* first_words: the first bytes of all that came, where no record can begin with them (RFC 8446
 * section 5.1); empty otherwise. */
static tls_bytes
first_words(const tls_connection *c)
{
    const tls_input *in = &c->input;
    tls_bytes words;

    if (in->buffer == NULL || in->end == in->start || c->host.opener.count > 0 ||
        c->host.opener.earlier_count > 0)
        return tls_bytes_make(NULL, 0);
    words = tls_bytes_make(in->buffer + in->start, in->end - in->start);
    if (words.data[0] >= TLS_CONTENT_CHANGE_CIPHER_SPEC &&
        words.data[0] <= TLS_CONTENT_APPLICATION_DATA && (words.length < 2 || words.data[1] == 3))
        return tls_bytes_make(NULL, 0);
    return words;
}

/* protocol_of: what they look like, and what would help. */
static const char *
protocol_of(tls_bytes words, enum tls_role role)
{
    static const struct {
        enum tls_role role; /* of the side that hears them */
        const char *begin, *name;
    } protocols[] = {
        {TLS_ROLE_CLIENT, "HTTP/", "plain HTTP: is this the right port?"},
        {TLS_ROLE_CLIENT, "<", "plain HTTP: is this the right port?"},
        {TLS_ROLE_CLIENT, "SSH-", "SSH: is this the right port?"},
        {TLS_ROLE_CLIENT, "220", "SMTP or FTP: TLS begins after STARTTLS or AUTH TLS"},
        {TLS_ROLE_CLIENT, "* OK", "IMAP: TLS begins after STARTTLS"},
        {TLS_ROLE_CLIENT, "+OK", "POP3: TLS begins after STLS"},
        {TLS_ROLE_SERVER, "GET ", "a plain HTTP request"},
        {TLS_ROLE_SERVER, "HEAD ", "a plain HTTP request"},
        {TLS_ROLE_SERVER, "POST ", "a plain HTTP request"},
        {TLS_ROLE_SERVER, "PUT ", "a plain HTTP request"},
        {TLS_ROLE_SERVER, "DELETE ", "a plain HTTP request"},
        {TLS_ROLE_SERVER, "OPTIONS ", "a plain HTTP request"},
        {TLS_ROLE_SERVER, "CONNECT ", "a plain HTTP request, for a proxy"},
        {TLS_ROLE_SERVER, "PRI * HTTP/2", "HTTP/2 without TLS"},
        {TLS_ROLE_SERVER, "PROXY ", "a PROXY header, which must be read before the handshake"},
        {TLS_ROLE_SERVER, "\r\n\r\n", "a PROXY header, which must be read before the handshake"},
        {TLS_ROLE_SERVER, "SSH-", "SSH: is this the right port?"},
        {TLS_ROLE_SERVER, "EHLO ", "SMTP: TLS begins after STARTTLS"},
        {TLS_ROLE_SERVER, "HELO ", "SMTP: TLS begins after STARTTLS"},
    };
    size_t i;

    for (i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        size_t length = strlen(protocols[i].begin);

        if (role == protocols[i].role && words.length >= length &&
            memcmp(words.data, protocols[i].begin, length) == 0)
            return protocols[i].name;
    }
    /* RFC 5246 appendix E.2: two bytes of length with the first bit set, then the type. */
    if (role == TLS_ROLE_SERVER && words.length >= 3 && (words.data[0] & 0x80) &&
        words.data[2] == 1)
        return "a ClientHello of SSL 2.0";
    return NULL;
}

/* quote writes a line of text, or bytes that are none as hexadecimal digits. */
static void
quote(tls_buffer *text, tls_bytes words)
{
    static const char digits[] = "0123456789abcdef";
    size_t length = 0, i;

    while (length < words.length && length < 60 && words.data[length] >= 0x20 &&
           words.data[length] < 0x7F)
        length++;
    if (length >= 3) {
        say(text, "\"");
        tls_buffer_append(text, words.data, length);
        say(text, "\"");
        return;
    }
    for (i = 0; i < words.length && i < 8; i++) {
        char byte[3] = {digits[words.data[i] >> 4], digits[words.data[i] & 15], ' '};

        tls_buffer_append(text, byte, i + 1 < words.length && i < 7 ? 3 : 2);
    }
}

static int
explain_words(tls_connection *c)
{
    tls_bytes words = first_words(c);
    const char *protocol = protocol_of(words, c->host.role);
    tls_buffer text = {0};

    if (words.length == 0)
        return 0;
    say(&text, "the peer does not speak TLS: it sent ");
    quote(&text, words);
    if (protocol != NULL) {
        say(&text, " (");
        say(&text, protocol);
        say(&text, ")");
    }
    keep(c, &text);
    return 1;
}

/* ---- The end of the transport ---- */

static void
explain_end(tls_connection *c)
{
    tls_buffer text = {0};

    if (c->established)
        return;
    say(&text, "the peer closed the transport during the handshake");
    if (c->input.bytes == 0)
        say(&text, ", before it sent anything");
    say_state(&text, c);
    keep(c, &text);
}

/* ---- The peer's alert ---- */

static int
is_about_certificates(int alert)
{
    switch (alert) {
    case TLS_ALERT_HANDSHAKE_FAILURE:
    case TLS_ALERT_NO_CERTIFICATE:
    case TLS_ALERT_BAD_CERTIFICATE:
    case TLS_ALERT_UNSUPPORTED_CERTIFICATE:
    case TLS_ALERT_CERTIFICATE_REVOKED:
    case TLS_ALERT_CERTIFICATE_EXPIRED:
    case TLS_ALERT_CERTIFICATE_UNKNOWN:
    case TLS_ALERT_UNKNOWN_CA:
    case TLS_ALERT_ACCESS_DENIED:
    case TLS_ALERT_CERTIFICATE_REQUIRED:
        return 1;
    default:
        return 0;
    }
}

/* meaning_for_client: what a server's alert says of what the client has sent. */
static const char *
meaning_for_client(const tls_facts *facts, int alert)
{
    /* With ECH rejected, the handshake fails like any other: it is no proof that there is none to
     * be had, as ECH_REQUIRED would be (RFC 9849 section 6.1.6). */
    if (facts->certificate_requested && is_about_certificates(alert))
        return facts->ech == TLS_ECH_REJECTED
                   ? "the server rejected the Encrypted ClientHello, so it was shown no certificate"
               : facts->local_chain == NULL ? "the server asked for a certificate and got none"
                                            : "the server refused the certificate that it got";
    if (facts->version != 0)
        return NULL;
    switch (alert) {
    case TLS_ALERT_HANDSHAKE_FAILURE:
        return "of the cipher suites, groups and signature algorithms that were offered it has "
               "none in common, or no certificate for this server name";
    case TLS_ALERT_INSUFFICIENT_SECURITY:
        return "it wants stronger cipher suites than were offered";
    case TLS_ALERT_PROTOCOL_VERSION:
        return "it speaks none of the versions that were offered";
    case TLS_ALERT_INAPPROPRIATE_FALLBACK:
        return "it speaks a newer version than the one that was fallen back to";
    case TLS_ALERT_UNRECOGNIZED_NAME:
        return "it does not know this server name";
    case TLS_ALERT_UNKNOWN_PSK_IDENTITY:
        return "it does not know the pre-shared key";
    case TLS_ALERT_DECODE_ERROR:
    case TLS_ALERT_ILLEGAL_PARAMETER:
    case TLS_ALERT_UNEXPECTED_MESSAGE:
    case TLS_ALERT_MISSING_EXTENSION:
        return "it cannot read the ClientHello";
    default:
        return NULL;
    }
}

static const char *
meaning_for_server(int alert)
{
    switch (alert) {
    case TLS_ALERT_UNKNOWN_CA:
        return "the client does not trust the server's certificate: who issued it is not known "
               "there, or intermediate certificates are missing";
    case TLS_ALERT_CERTIFICATE_EXPIRED:
        return "the client finds that the server's certificate is out of date";
    case TLS_ALERT_BAD_CERTIFICATE:
    case TLS_ALERT_UNSUPPORTED_CERTIFICATE:
    case TLS_ALERT_CERTIFICATE_REVOKED:
    case TLS_ALERT_CERTIFICATE_UNKNOWN:
        return "the client refused the server's certificate";
    case TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE:
        return "the client refused the stapled OCSP response, or missed one";
    case TLS_ALERT_HANDSHAKE_FAILURE:
    case TLS_ALERT_INSUFFICIENT_SECURITY:
    case TLS_ALERT_PROTOCOL_VERSION:
        return "the client does not take what the server chose";
    default:
        return NULL;
    }
}

/* meaning_of: what the alert probably means, where the handshake tells; NULL where it does not. */
static const char *
meaning_of(const tls_connection *c, int alert)
{
    const tls_facts *facts = tls_host_facts(&c->host);

    if (alert == TLS_ALERT_NO_APPLICATION_PROTOCOL && !c->established)
        return "it speaks none of the ALPN protocols that were offered";
    /* Only a binder is verified before the ServerHello (RFC 8446 section 4.2.11.2). */
    if (alert == TLS_ALERT_DECRYPT_ERROR && !c->established && facts->version == 0)
        return "the binder of the pre-shared key did not verify there: the key or its hash "
               "differs, or one side alone has it imported";
    if (alert == TLS_ALERT_DECRYPT_ERROR && !c->established)
        return "a signature, Finished or pre-shared key binder of this side did not verify there";
    /* A TLS 1.3 server judges the client after that has finished (RFC 8446 section 4.4.2.4). */
    if (c->host.role == TLS_ROLE_CLIENT)
        return meaning_for_client(facts, alert);
    return c->established ? NULL : meaning_for_server(alert);
}

static void
say_number(tls_buffer *text, unsigned number)
{
    char digits[] = {(char)('0' + number / 100), (char)('0' + number / 10 % 10),
        (char)('0' + number % 10), '\0'};

    say(text, digits);
}

static void
explain_alert(tls_connection *c)
{
    const char *name = tls_registry_name(TLS_REGISTRY_ALERT, (unsigned)c->peer_alert);
    const char *meaning = meaning_of(c, c->peer_alert);
    tls_buffer text = {0};

    say(&text, tls_reason_sentence(TLS_REASON_PEER_ALERT));
    say(&text, ": ");
    if (name != NULL)
        say(&text, name);
    else
        say_number(&text, (unsigned)c->peer_alert);
    if (meaning != NULL) {
        say(&text, " (");
        say(&text, meaning);
        say(&text, ")");
    }
    keep(c, &text);
}

/* ---- A broken rule ---- */

/* extensions_of: the block of a message, as far as it could be read. */
static tls_bytes
extensions_of(const tls_message *m, unsigned *place)
{
    switch (m->type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        *place = TLS_IN_CLIENT_HELLO;
        return m->u.client_hello.extensions;
    case TLS_HANDSHAKE_SERVER_HELLO:
        *place = m->u.server_hello.place;
        return m->u.server_hello.extensions;
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        *place = TLS_IN_ENCRYPTED_EXTENSIONS;
        return m->u.encrypted_extensions.extensions;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        *place = TLS_IN_CERTIFICATE_REQUEST;
        return m->u.certificate_request.extensions;
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        *place = TLS_IN_NEW_SESSION_TICKET;
        return m->u.new_session_ticket.extensions;
    default:
        return tls_bytes_make(NULL, 0);
    }
}

/* say_extension names the extension at fault, where the message is still there and it is one. */
static void
say_extension(tls_buffer *text, const tls_connection *c, enum tls_reason reason)
{
    tls_bytes raw = tls_buffer_view(&c->input.handshake), extensions;
    const tls_facts *facts = tls_host_facts(&c->host);
    const tls_handshake *h = c->host.handshake;
    unsigned type, place = 0, culprit = 0;
    tls_message message;
    size_t length;
    enum tls_reason found = TLS_OK;
    const char *name;

    if (!tls_message_header(raw, &type, &length) || (int)type != c->input.subject_message)
        return;
    (void)tls_message_parse(
        &message, tls_bytes_make(raw.data, length), facts->version, facts->suite);
    extensions = extensions_of(&message, &place);
    if (place == 0)
        return;
    if (reason != TLS_REASON_UNSUPPORTED_EXTENSION)
        found = tls_extensions_check(extensions, place, &culprit);
    else if (h != NULL && h->client_hello.raw.length > 0)
        found = tls_extensions_check_offered(
            extensions, place, h->client_hello.hello.extensions, 1, &culprit);
    name = tls_registry_name(TLS_REGISTRY_EXTENSION, culprit);
    if (found != reason || name == NULL)
        return;
    say(text, ", extension ");
    say(text, name);
}

static int
is_rule(enum tls_reason reason)
{
    switch (reason) {
    case TLS_REASON_DECODE:
    case TLS_REASON_UNEXPECTED_MESSAGE:
    case TLS_REASON_ILLEGAL_PARAMETER:
    case TLS_REASON_LIMIT:
    case TLS_REASON_MISSING_EXTENSION:
    case TLS_REASON_UNSUPPORTED_EXTENSION:
        return 1;
    default:
        return 0;
    }
}

static void
explain_rule(tls_connection *c, enum tls_reason reason)
{
    int is_message = c->input.subject_message >= 0;
    const char *name =
        is_message
            ? tls_registry_name(TLS_REGISTRY_HANDSHAKE_TYPE, (unsigned)c->input.subject_message)
            : tls_registry_name(TLS_REGISTRY_CONTENT_TYPE, c->input.subject_content);
    tls_buffer text = {0};

    say(&text, tls_reason_sentence(reason));
    if (is_message || c->input.subject_content != 0) {
        say(&text, ": ");
        say(&text, name != NULL ? name : "of a type that is not known");
        if (is_message)
            say_extension(&text, c, reason);
    }
    say_state(&text, c);
    keep(c, &text);
}

void
tls_explain_failure(tls_connection *c, enum tls_reason reason)
{
    if (c->failure_text != NULL || (!c->established && explain_words(c)))
        return;
    if (reason == TLS_REASON_TRUNCATED)
        explain_end(c);
    else if (reason == TLS_REASON_PEER_ALERT && c->peer_alert != TLS_ALERT_NONE)
        explain_alert(c);
    else if (is_rule(reason))
        explain_rule(c, reason);
}
