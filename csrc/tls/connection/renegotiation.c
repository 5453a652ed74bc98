/* renegotiation.c - another handshake on an established connection of TLS 1.0 to 1.2, bound to the
 * one before it by RFC 5746 (handshake/renegotiation_info.h). Off unless the context allows it;
 * never with a peer without RFC 5746.
 *
 * It is a second handshake, whose facts replace the settled ones when it is over. Until then the
 * connection goes on telling what the handshake before settled: what a peer claims in the middle of
 * this one is not proven yet, and data that arrives meanwhile is still that of the old one, since
 * the record layer keeps its keys until each ChangeCipherSpec. Nothing is resumed; version, server
 * name and ALPN protocol stay, and so does the extended master secret (RFC 7627 section 5.4). */
#include "connection/internal.h"
#include "connection/negotiation.h"
#include "wire/protocol.h"

static enum tls_reason
begin(tls_connection *c)
{
    tls_host *host = &c->host;
    enum tls_reason reason = tls_output_make_room(c);

    if (reason == TLS_OK)
        reason = tls_handshake_new(host, TLS_RENEGOTIATION, &tls_negotiation_class);
    if (reason != TLS_OK)
        return reason;
    host->handshake->verify_given =
        c->verify_given || c->renegotiation_verify != TLS_VERIFY_DEFAULT;
    if (c->renegotiation_verify != TLS_VERIFY_DEFAULT)
        host->handshake->facts.verify = c->renegotiation_verify;
    c->renegotiation_asked = 0;
    c->phase = TLS_PHASE_HANDSHAKE;
    return TLS_OK;
}

void
tls_renegotiation_warned(tls_connection *c)
{
    const tls_handshake *h = c->host.handshake;

    if (c->renegotiation_asked) {
        c->renegotiation_asked = 0;
        c->renegotiation_verify = TLS_VERIFY_DEFAULT;
    } else if (tls_connection_in_renegotiation(c) && c->host.role == TLS_ROLE_CLIENT &&
               !h->answered && h->engine != NULL) {
        /* The server does not want to, and nothing but our ClientHello happened. */
        tls_host_answer_clear(&c->host);
        tls_handshake_end(&c->host);
        c->phase = TLS_PHASE_OPEN;
    }
}

/* ---- Who may ask ---- */

/* is_allowed: by the context, with a peer that has RFC 5746. */
static int
is_allowed(const tls_connection *c)
{
    return c->host.context->renegotiation && c->host.settled.secure_renegotiation;
}

enum tls_reason
tls_renegotiation_requested(tls_connection *c, tls_bytes message)
{
    tls_host *host = &c->host;
    int is_client = host->role == TLS_ROLE_CLIENT;
    int may = is_allowed(c) && !host->close_sent && c->output.before.length == 0;
    enum tls_reason reason = TLS_OK;

    /* What we asked for ourselves is not counted. */
    if (may && !c->renegotiation_asked)
        may = ++c->renegotiations_idle <= TLS_RENEGOTIATIONS_IDLE_MAXIMUM;
    /* The new engine reads ClientHello itself, and reports it. */
    if (is_client || !may) {
        reason = tls_host_happened(host,
            is_client ? TLS_STAGE_HELLO_REQUEST : TLS_STAGE_CLIENT_HELLO, TLS_RECEIVED, message);
        tls_input_message_done(c, message.length);
    }
    if (reason != TLS_OK)
        return reason;
    if (may)
        return begin(c);
    /* A peer that asks again and again without reading the answers gets none when the output is
     * full. */
    if (!host->close_sent)
        (void)tls_output_alert(c, TLS_ALERT_LEVEL_WARNING, TLS_ALERT_NO_RENEGOTIATION);
    return TLS_OK;
}

static enum tls_reason
send_hello_request(tls_connection *c)
{
    tls_buffer message = {0};
    enum tls_reason reason =
        tls_handshake_build(&message, TLS_HANDSHAKE_HELLO_REQUEST, tls_bytes_make(NULL, 0));

    if (reason == TLS_OK)
        reason = tls_output_message(c, tls_buffer_view(&message));
    if (reason == TLS_OK)
        reason = tls_output_flush(c);
    if (reason == TLS_OK)
        reason = tls_host_happened(
            &c->host, TLS_STAGE_HELLO_REQUEST, TLS_SENT, tls_buffer_view(&message));
    tls_buffer_release(&message);
    return reason;
}

enum tls_reason
tls_connection_renegotiate(tls_connection *c, enum tls_verify_mode verify)
{
    enum tls_reason reason;

    if (!tls_verify_mode_fits(verify, c->host.role) ||
        (c->host.role == TLS_ROLE_CLIENT && verify != TLS_VERIFY_DEFAULT))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (c->failure != TLS_OK)
        return c->failure;
    if (c->host.close_sent || c->close_received)
        return TLS_REASON_CLOSED;
    if (!c->established)
        return TLS_REASON_NOT_READY;
    if (!tls_protocol_of(c->host.settled.version)->may_renegotiate)
        return TLS_REASON_UNSUPPORTED_VERSION;
    if (!is_allowed(c))
        return TLS_REASON_NO_RENEGOTIATION;
    if (tls_connection_in_renegotiation(c) || c->renegotiation_asked)
        return TLS_OK;
    if (c->output.before.length > 0)
        return TLS_REASON_NOT_READY;
    if (c->host.role == TLS_ROLE_CLIENT)
        return tls_connection_checked(c, begin(c));
    c->renegotiation_verify = verify;
    reason = tls_output_make_room(c);
    if (reason == TLS_OK)
        reason = send_hello_request(c);
    c->renegotiation_asked = reason == TLS_OK;
    if (reason != TLS_OK)
        c->renegotiation_verify = TLS_VERIFY_DEFAULT;
    return tls_connection_checked(c, reason);
}

int
tls_connection_renegotiating(const tls_connection *c)
{
    return c->failure == TLS_OK && (tls_connection_in_renegotiation(c) || c->renegotiation_asked);
}

int
tls_connection_asks_renegotiation(const tls_connection *c)
{
    return c->failure == TLS_OK && c->renegotiation_asked;
}
