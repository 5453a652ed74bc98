/* renegotiation.c - see renegotiation.h. */
#include "connection/renegotiation.h"

#include <stdlib.h>
#include <string.h>

#include "tls12/engine.h"
#include "handshake/peer_certificate.h"

/* ---- Beginning and end ---- */

/* keep puts aside what the handshake before settled, and leaves the connection as before a
 * handshake. */
static void
keep(tls_connection *c, tls_renegotiation *r)
{
    tls_connection_info *before = &r->before;

    tls_connection_get_info(c, before);
    tls_peer_move(&r->peer, &c->peer);
    r->local_chain = c->local_chain;
    r->session = c->session;
    c->local_chain = NULL;
    c->session = NULL;
    r->verify = c->verify;
    memcpy(r->client_random, c->client_random, sizeof r->client_random);
    memcpy(r->server_random, c->server_random, sizeof r->server_random);
    memcpy(r->client_verify_data, c->client_verify_data, sizeof r->client_verify_data);
    memcpy(r->server_verify_data, c->server_verify_data, sizeof r->server_verify_data);
    before->client_random.data = r->client_random;
    before->server_random.data = r->server_random;
    before->client_verify_data.data = r->client_verify_data;
    before->server_verify_data.data = r->server_verify_data;
    c->resumed = c->ticket = c->session_is_new = 0;
    c->group = c->local_scheme = 0;
    if (c->renegotiation_verify != TLS_VERIFY_DEFAULT) {
        c->verify = c->renegotiation_verify;
        c->verify_given = 1;
    }
}

static enum tls_reason
begin(tls_connection *c)
{
    tls_renegotiation *r = calloc(1, sizeof *r);

    if (r == NULL || tls_connection_make_room(c) != TLS_OK) {
        free(r);
        return TLS_REASON_OUT_OF_MEMORY;
    }
    keep(c, r);
    c->renegotiation = r;
    c->renegotiation_asked = 0;
    c->engine_class = &tls_negotiation_class;
    return TLS_OK;
}

void
tls_renegotiation_free(tls_renegotiation *r)
{
    if (r == NULL)
        return;
    tls_peer_clear(&r->peer);
    tls_certificate_list_release(r->local_chain);
    tls_session_release(r->session);
    tls_wipe(r, sizeof *r);
    free(r);
}

void
tls_renegotiation_disown_peer(tls_renegotiation *r, enum tls_reason verdict)
{
    tls_connection_info *before = &r->before;
    const tls_bytes none = tls_bytes_make(NULL, 0);

    before->peer_verified = before->resumable = 0;
    before->verdict = verdict;
    before->peer_chain = NULL;
    before->peer_chain_count = 0;
    before->peer_scheme = 0;
    before->ocsp_response = before->signed_certificate_timestamps = before->session_id = none;
    tls_peer_clear(&r->peer);
    tls_session_release(r->session);
    r->session = NULL;
}

void
tls_renegotiation_done(tls_connection *c)
{
    tls_renegotiation_free(c->renegotiation);
    c->renegotiation = NULL;
    c->renegotiation_verify = TLS_VERIFY_DEFAULT;
    c->renegotiations++;
}

/* abandon: the server does not want to, and nothing but our ClientHello happened. */
static void
abandon(tls_connection *c)
{
    tls_renegotiation *r = c->renegotiation;

    if (c->engine != NULL)
        c->engine_class->release(c);
    c->engine = NULL;
    c->engine_class = &tls12_class;
    tls_peer_clear(&c->claimed);
    tls_peer_move(&c->peer, &r->peer);
    c->local_chain = r->local_chain;
    c->session = r->session;
    r->local_chain = NULL;
    r->session = NULL;
    c->verify = r->verify;
    c->resumed = r->before.resumed;
    c->ticket = r->before.ticket;
    c->group = r->before.group;
    c->local_scheme = r->before.local_scheme;
    memcpy(c->client_random, r->client_random, sizeof c->client_random);
    tls_renegotiation_free(r);
    c->renegotiation = NULL;
}

void
tls_renegotiation_warned(tls_connection *c)
{
    if (c->renegotiation_asked) {
        c->renegotiation_asked = 0;
        c->renegotiation_verify = TLS_VERIFY_DEFAULT;
    } else if (c->renegotiation != NULL && c->role == TLS_ROLE_CLIENT &&
               !c->renegotiation->answered && c->engine != NULL) {
        abandon(c);
    }
}

/* ---- Who may ask ---- */

enum tls_reason
tls_renegotiation_asked(tls_connection *c, tls_bytes message)
{
    enum tls_stage stage =
        c->role == TLS_ROLE_CLIENT ? TLS_STAGE_HELLO_REQUEST : TLS_STAGE_CLIENT_HELLO;
    int may = c->context->renegotiation && c->secure_renegotiation && !c->close_sent &&
              c->output_before.length == 0;
    enum tls_reason reason = TLS_OK;

    /* What we asked for ourselves is not counted. */
    if (may && !c->renegotiation_asked)
        may = ++c->renegotiations_idle <= TLS_RENEGOTIATIONS_IDLE_MAXIMUM;
    /* The new engine reads ClientHello itself, and reports it. */
    if (c->role == TLS_ROLE_CLIENT || !may)
        reason = tls_connection_stage_happened(c, stage, TLS_RECEIVED, message);
    if (reason != TLS_OK)
        return reason;
    if (c->role == TLS_ROLE_CLIENT || !may)
        tls_connection_message_done(c, message.length);
    if (may)
        return begin(c);
    /* A peer that asks again and again without reading the answers gets none when the output is
     * full. */
    if (!c->close_sent)
        (void)tls_connection_send_alert(c, TLS_ALERT_LEVEL_WARNING, TLS_ALERT_NO_RENEGOTIATION);
    return TLS_OK;
}

static enum tls_reason
send_hello_request(tls_connection *c)
{
    tls_buffer message = {0};
    enum tls_reason reason =
        tls_handshake_build(&message, TLS_HANDSHAKE_HELLO_REQUEST, tls_bytes_make(NULL, 0));

    if (reason == TLS_OK)
        reason = tls_connection_send_message(c, tls_buffer_view(&message));
    if (reason == TLS_OK)
        reason = tls_connection_flush_flight(c);
    if (reason == TLS_OK)
        reason = tls_connection_stage_happened(
            c, TLS_STAGE_HELLO_REQUEST, TLS_SENT, tls_buffer_view(&message));
    tls_buffer_release(&message);
    return reason;
}

enum tls_reason
tls_connection_renegotiate(tls_connection *c, enum tls_verify_mode verify)
{
    enum tls_reason reason;

    if ((unsigned)verify > TLS_VERIFY_REQUIRED)
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (c->failure != TLS_OK)
        return c->failure;
    if (c->close_sent || c->close_received)
        return TLS_REASON_CLOSED;
    if (!c->established)
        return TLS_REASON_NOT_READY;
    if (c->version > TLS_VERSION_12)
        return TLS_REASON_UNSUPPORTED_VERSION;
    if (!c->context->renegotiation || !c->secure_renegotiation)
        return TLS_REASON_NO_RENEGOTIATION;
    if (c->renegotiation != NULL || c->renegotiation_asked)
        return TLS_OK;
    if (c->output_before.length > 0)
        return TLS_REASON_NOT_READY;
    c->renegotiation_verify = c->role == TLS_ROLE_SERVER ? verify : TLS_VERIFY_DEFAULT;
    if (c->role == TLS_ROLE_CLIENT)
        return begin(c);
    reason = tls_connection_make_room(c);
    if (reason == TLS_OK)
        reason = send_hello_request(c);
    c->renegotiation_asked = reason == TLS_OK;
    return reason;
}

int
tls_connection_renegotiating(const tls_connection *c)
{
    return c->failure == TLS_OK && (c->renegotiation != NULL || c->renegotiation_asked);
}

int
tls_connection_asks_renegotiation(const tls_connection *c)
{
    return c->failure == TLS_OK && c->renegotiation_asked;
}

/* ---- The hellos ---- */

void
tls_renegotiation_narrow(const tls_connection *c, tls_terms *terms)
{
    if (c->renegotiation != NULL)
        terms->version_min = terms->version_max = c->version;
}

static enum tls_reason
refuse(tls_connection *c, const char *text)
{
    tls_connection_explain(c, text);
    return TLS_REASON_HANDSHAKE_FAILURE;
}

enum tls_reason
tls_renegotiation_check_client_hello(tls_connection *c, const tls_client_hello *hello)
{
    const tls_renegotiation *r = c->renegotiation;
    size_t length;
    tls_bytes info;

    if (r == NULL)
        return TLS_OK;
    length = r->before.client_verify_data.length;
    /* RFC 5746 section 3.7: no SCSV, and the client's Finished of the handshake before. */
    if (tls_u16_list_contains(hello->cipher_suites, TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV) ||
        !tls_extensions_find(hello->extensions, TLS_EXTENSION_RENEGOTIATION_INFO, &info) ||
        info.length != 1 + length || info.data[0] != length ||
        !tls_secret_equal(info.data + 1, r->client_verify_data, length))
        return refuse(c, "the client does not prove that it renegotiates its own connection");
    if (hello->server_name.length > 0 &&
        !tls_bytes_equal_string(hello->server_name, c->server_name))
        return refuse(c, "the client changed the server name in a renegotiation");
    if (hello->alpn.length > 0 && c->alpn.length > 0 &&
        !tls_protocol_listed(hello->alpn, tls_buffer_view(&c->alpn)))
        return refuse(c, "the client changed the ALPN protocol in a renegotiation");
    if (r->before.extended_master_secret && !hello->extended_master_secret)
        return refuse(c, "the client left out the extended master secret in a renegotiation");
    return TLS_OK;
}

enum tls_reason
tls_renegotiation_keep_alpn(tls_connection *c, tls_terms *terms, const tls_client_hello *hello)
{
    if (c->renegotiation == NULL)
        return TLS_OK;
    if (terms->alpn_selected != NULL) {
        if (tls_bytes_equal_string(tls_buffer_view(&c->alpn), terms->alpn_selected))
            return TLS_OK;
        tls_connection_explain(
            c, "the select handler changed the ALPN protocol in a renegotiation");
        return TLS_REASON_HANDLER;
    }
    if (c->alpn.length == 0 || hello->alpn.length == 0)
        return TLS_OK;
    terms->alpn_selected = tls_bytes_to_string(tls_buffer_view(&c->alpn));
    return terms->alpn_selected != NULL ? TLS_OK : TLS_REASON_OUT_OF_MEMORY;
}

enum tls_reason
tls_renegotiation_check_server_hello(tls_connection *c, const tls_server_hello *hello)
{
    tls_renegotiation *r = c->renegotiation;
    size_t client, server;
    tls_bytes info;

    if (r == NULL)
        return TLS_OK;
    r->answered = 1;
    client = r->before.client_verify_data.length;
    server = r->before.server_verify_data.length;
    info = hello->renegotiated_connection;
    /* RFC 5746 section 3.5: both Finished of the handshake before. */
    if (!hello->secure_renegotiation || info.length != client + server ||
        !tls_secret_equal(info.data, r->client_verify_data, client) ||
        !tls_secret_equal(info.data + client, r->server_verify_data, server))
        return refuse(c, "the server does not prove that it renegotiates its own connection");
    if (hello->alpn.length > 0 && !tls_bytes_equal(hello->alpn, tls_buffer_view(&c->alpn)))
        return refuse(c, "the server changed the ALPN protocol in a renegotiation");
    if (r->before.extended_master_secret && !hello->extended_master_secret)
        return refuse(c, "the server left out the extended master secret in a renegotiation");
    return TLS_OK;
}

enum tls_reason
tls_renegotiation_check_chain(tls_connection *c)
{
    const tls_renegotiation *r = c->renegotiation;

    if (r == NULL || c->role != TLS_ROLE_CLIENT || r->before.extended_master_secret ||
        r->peer.chain == NULL ||
        tls_bytes_equal(r->peer.chain->items[0]->der, c->claimed.chain->items[0]->der))
        return TLS_OK;
    return refuse(c, "the server changed its certificate in a renegotiation without the extended "
                     "master secret");
}

void
tls_renegotiation_write_info(const tls_connection *c, tls_buffer *extensions)
{
    const tls_renegotiation *r = c->renegotiation;
    tls_buffer value = {0};

    tls_buffer_append(&value, r->client_verify_data, r->before.client_verify_data.length);
    tls_buffer_append(&value, r->server_verify_data, r->before.server_verify_data.length);
    tls_extension_write_vector8(
        extensions, TLS_EXTENSION_RENEGOTIATION_INFO, tls_buffer_view(&value));
    extensions->failed |= value.failed;
    tls_buffer_release(&value);
}
