/* stage.c - stage events of a connection as message tables, and its summary.
 *
 * Every message has stage, direction ("sent", "received"; nil for authenticated, established and
 * closed), version and version_id (negotiated so far; nil while unknown), length, state (where the
 * handshake stood; nil where none ran), renegotiation (true where it is of one), the fields that
 * are its own, and raw. */
#include "stage.h"

#include "wire/message.h"

#include "certificate.h"
#include "connection.h"
#include "key.h"
#include "message.h"
#include "module.h"
#include "session.h"
#include "value.h"

void
tls_lua_set_raw(lua_State *L, tls_bytes raw)
{
    lua_createtable(L, 0, 2);
    tls_lua_set_bytes(L, "raw", raw);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

static const char *
text_of(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static void
set_chain(lua_State *L, const char *field, const tls_certificate *const *chain, size_t count)
{
    tls_lua_push_chain(L, chain, count);
    lua_setfield(L, -2, field);
}

static void
set_key(lua_State *L, const char *field, tls_bytes key_info)
{
    tls_lua_push_key_info(L, key_info);
    lua_setfield(L, -2, field);
}

static void
set_type(lua_State *L, const char *field, enum tls_certificate_type type)
{
    tls_lua_set_string(L, field, tls_registry_name(TLS_REGISTRY_CERTIFICATE_FORMAT, type));
}

/* info_fields_13: early_data is "offered", "accepted", "rejected", or nil when none was. */
static void
info_fields_13(lua_State *L, const tls_connection_info *info)
{
    static const char *const ech[] = {"none", "grease", "offered", "accepted", "rejected"};
    static const char *const early_data[] = {NULL, "offered", "accepted", "rejected"};

    tls_lua_set_string(L, "early_data", early_data[info->early_data]);
    tls_lua_set_integer(L, "early_data_length", (int64_t)info->early_data_length);
    tls_lua_set_boolean(L, "hello_retry", info->hello_retry);
    tls_lua_set_string(L, "ech", ech[info->ech]);
    tls_lua_set_some(L, "ech_retry_configs", info->ech_retry_configs);
    tls_lua_set_boolean(L, "psk", info->psk);
    tls_lua_set_some(L, "psk_identity", info->psk_identity);
    if (info->psk_imported)
        tls_lua_set_bytes(L, "psk_context", info->psk_context);
    tls_lua_set_boolean(L, "post_handshake_auth", info->post_handshake_auth);
    set_type(L, "server_certificate_type", info->server_certificate_type);
    set_type(L, "client_certificate_type", info->client_certificate_type);
    if (info->record_size_limit != 0)
        tls_lua_set_integer(L, "record_size_limit", info->record_size_limit);
    if (info->tickets_told)
        tls_lua_set_integer(L, "expected_tickets", info->expected_tickets);
    tls_lua_set_integer(L, "key_updates_sent", info->key_updates_sent);
    tls_lua_set_integer(L, "key_updates_received", info->key_updates_received);
}

/* What tls_lua_info_fields may set. */
static const char *const info_names[] = {"mode", "established", "version", "version_id", "state",
    "cipher_suite", "cipher_suite_id", "group", "group_id", "dh_bits", "signature_algorithm",
    "signature_algorithm_id", "local_signature_algorithm", "local_signature_algorithm_id", "alpn",
    "server_name", "resumed", "resumable", "session_id", "peer_verified", "peer_accepted",
    "verdict", "verdict_cached", "peer_certificates", "peer_path", "peer_key",
    "server_certificate_type", "client_certificate_type", "local_certificates", "client_random",
    "server_random", "client_verify_data", "server_verify_data", "secure_renegotiation",
    "renegotiations", "renegotiating", "authenticating", "authentications",
    "extended_master_secret", "ticket", "max_fragment_length", "early_data", "early_data_length",
    "hello_retry", "ech", "ech_retry_configs", "psk", "psk_identity", "psk_context",
    "post_handshake_auth", "record_size_limit", "expected_tickets", "key_updates_sent",
    "key_updates_received", "ocsp_response", "signed_certificate_timestamps", "close_notify_sent",
    "close_notify_received", "bytes_received", "bytes_sent", "records_received", "records_sent",
    "memory"};

/* core.info_fields() -> list of the names of all fields that info() of a connection may have */
static int
info_fields(lua_State *L)
{
    size_t count = sizeof info_names / sizeof info_names[0], i;

    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        lua_pushstring(L, info_names[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

const luaL_Reg tls_lua_stage_functions[] = {{"info_fields", info_fields}, {NULL, NULL}};

void
tls_lua_info_fields(lua_State *L, const tls_connection *connection)
{
    tls_connection_info info;

    tls_connection_get_info(connection, &info);
    tls_lua_set_string(L, "mode", info.role == TLS_ROLE_SERVER ? "server" : "client");
    tls_lua_set_boolean(L, "established", info.established);
    if (info.version != 0)
        tls_lua_set_named(L, "version", TLS_REGISTRY_VERSION, info.version);
    tls_lua_set_string(L, "state", info.state);
    tls_lua_set_suite(L, info.suite);
    if (info.group != 0)
        tls_lua_set_named(L, "group", TLS_REGISTRY_GROUP, info.group);
    if (info.dh_bits != 0)
        tls_lua_set_integer(L, "dh_bits", info.dh_bits);
    if (info.peer_scheme != 0)
        tls_lua_set_named(
            L, "signature_algorithm", TLS_REGISTRY_SIGNATURE_SCHEME, info.peer_scheme);
    if (info.local_scheme != 0)
        tls_lua_set_named(
            L, "local_signature_algorithm", TLS_REGISTRY_SIGNATURE_SCHEME, info.local_scheme);
    tls_lua_set_some(L, "alpn", info.alpn);
    tls_lua_set_string(L, "server_name", text_of(info.server_name));
    tls_lua_set_boolean(L, "resumed", info.resumed);
    tls_lua_set_boolean(L, "resumable", info.resumable);
    tls_lua_set_some(L, "session_id", info.session_id);
    tls_lua_set_boolean(L, "peer_verified", info.peer_verified);
    tls_lua_set_boolean(L, "peer_accepted", info.peer_accepted);
    if (info.judged)
        tls_lua_set_string(L, "verdict", tls_reason_code(info.verdict));
    tls_lua_set_boolean(L, "verdict_cached", info.verdict_cached);
    set_chain(L, "peer_certificates", info.peer_chain, info.peer_chain_count);
    set_chain(L, "peer_path", info.peer_path, info.peer_path_count);
    set_key(L, "peer_key", info.peer_key_info);
    set_chain(L, "local_certificates", info.local_chain, info.local_chain_count);
    tls_lua_set_bytes(L, "client_random", info.client_random);
    tls_lua_set_bytes(L, "server_random", info.server_random);
    tls_lua_set_some(L, "client_verify_data", info.client_verify_data);
    tls_lua_set_some(L, "server_verify_data", info.server_verify_data);
    tls_lua_set_boolean(L, "secure_renegotiation", info.secure_renegotiation);
    tls_lua_set_integer(L, "renegotiations", info.renegotiations);
    tls_lua_set_boolean(L, "renegotiating", info.renegotiating);
    tls_lua_set_boolean(L, "authenticating", info.authenticating);
    tls_lua_set_integer(L, "authentications", info.authentications);
    tls_lua_set_boolean(L, "extended_master_secret", info.extended_master_secret);
    tls_lua_set_boolean(L, "ticket", info.ticket);
    if (info.max_fragment_length != 0)
        tls_lua_set_integer(L, "max_fragment_length", info.max_fragment_length);
    info_fields_13(L, &info);
    tls_lua_set_some(L, "ocsp_response", info.ocsp_response);
    tls_lua_set_some(L, "signed_certificate_timestamps", info.signed_certificate_timestamps);
    tls_lua_set_boolean(L, "close_notify_sent", info.closed_sent);
    tls_lua_set_boolean(L, "close_notify_received", info.closed_received);
    tls_lua_set_integer(L, "bytes_received", (int64_t)info.bytes_received);
    tls_lua_set_integer(L, "bytes_sent", (int64_t)info.bytes_sent);
    tls_lua_set_integer(L, "records_received", (int64_t)info.records_received);
    tls_lua_set_integer(L, "records_sent", (int64_t)info.records_sent);
    tls_lua_set_integer(L, "memory", (int64_t)info.memory);
}

/* handshake_fields: a message that the core accepted but that cannot be parsed here, or that it is
 * about to refuse, has `malformed` = code instead of its fields. */
static void
handshake_fields(lua_State *L, tls_bytes raw, unsigned version, unsigned suite)
{
    enum tls_reason reason = tls_lua_message_fields(L, raw, version, suite);

    if (reason != TLS_OK)
        tls_lua_set_string(L, "malformed", tls_reason_code(reason));
}

static void
closed_fields(lua_State *L, const tls_connection *connection, const tls_connection_info *info)
{
    enum tls_reason failure = tls_connection_failure(connection);

    tls_lua_set_boolean(
        L, "clean", failure == TLS_OK && info->closed_sent && info->closed_received);
    tls_lua_set_boolean(L, "close_notify_sent", info->closed_sent);
    tls_lua_set_boolean(L, "close_notify_received", info->closed_received);
    if (failure == TLS_OK)
        return;
    tls_lua_push_failure(L, connection);
    lua_setfield(L, -4, "code");
    lua_setfield(L, -3, "message");
    lua_pop(L, 1);
}

static void
alert_fields(lua_State *L, tls_bytes raw)
{
    tls_alert_message alert;
    enum tls_reason reason = tls_alert_parse(&alert, raw);

    if (reason != TLS_OK) {
        tls_lua_set_string(L, "malformed", tls_reason_code(reason));
        return;
    }
    tls_lua_set_named(L, "level", TLS_REGISTRY_ALERT_LEVEL, alert.level);
    tls_lua_set_named(L, "description", TLS_REGISTRY_ALERT, alert.description);
}

/* ticket_session: what the ticket makes, where the connection is established already: before the
 * server's Finished was verified nobody may rely on it (RFC 5077 section 3.3), so in TLS 1.2 it is
 * `session_store` that brings it. */
static void
ticket_session(lua_State *L, const tls_connection *connection)
{
    tls_session *session = tls_connection_session(connection);

    if (session == NULL)
        return;
    /* The connection keeps it: giving this count back first leaves nothing to leak when pushing
     * raises. */
    tls_session_release(session);
    tls_lua_push_session(L, session);
    lua_setfield(L, -2, "session");
}

/* authenticated_fields: whom the client has proven to be, or that it shows no certificate; then it
 * stays who it was. */
static void
authenticated_fields(lua_State *L, const tls_connection_info *info)
{
    tls_lua_set_string(L, "whose", "client");
    tls_lua_set_boolean(L, "declined", info->declined);
    set_chain(L, "chain", info->peer_chain, info->declined ? 0 : info->peer_chain_count);
    if (!info->declined)
        set_key(L, "key", info->peer_key_info);
    tls_lua_set_boolean(L, "peer_verified", !info->declined && info->peer_verified);
    tls_lua_set_boolean(L, "peer_accepted", !info->declined && info->peer_accepted);
    if (!info->declined && info->judged)
        tls_lua_set_string(L, "verdict", tls_reason_code(info->verdict));
}

static void
stage_fields(lua_State *L, const tls_connection *connection, const tls_stage_event *event,
    const tls_connection_info *info)
{
    int by_server = (info->role == TLS_ROLE_SERVER) == (event->direction == TLS_SENT);

    switch (event->stage) {
    case TLS_STAGE_ESTABLISHED:
        tls_lua_info_fields(L, connection);
        break;
    case TLS_STAGE_AUTHENTICATED:
        authenticated_fields(L, info);
        break;
    case TLS_STAGE_CLOSED:
        closed_fields(L, connection, info);
        break;
    case TLS_STAGE_ALERT:
        alert_fields(L, event->raw);
        break;
    case TLS_STAGE_CHANGE_CIPHER_SPEC:
        /* RFC 8446 appendix D.4: in TLS 1.3 it only soothes middleboxes. */
        tls_lua_set_boolean(
            L, "changes_protection", event->version != 0 && event->version < TLS_VERSION_13);
        break;
    case TLS_STAGE_APPLICATION_DATA:
        /* What a client sends before the handshake is over. */
        if (!info->established && !by_server)
            tls_lua_set_boolean(L, "early", 1);
        break;
    case TLS_STAGE_SERVER_HELLO:
        handshake_fields(L, event->raw, event->version, event->suite);
        tls_lua_set_boolean(L, "resumed", event->resumed);
        break;
    case TLS_STAGE_CERTIFICATE:
        handshake_fields(L, event->raw, event->version, event->suite);
        tls_lua_set_string(L, "whose", by_server ? "server" : "client");
        break;
    case TLS_STAGE_NEW_SESSION_TICKET:
        handshake_fields(L, event->raw, event->version, event->suite);
        ticket_session(L, connection);
        break;
    default:
        handshake_fields(L, event->raw, event->version, event->suite);
        break;
    }
}

static void
common_fields(lua_State *L, const tls_stage_event *event)
{
    tls_lua_set_string(L, "stage", tls_stage_name(event->stage));
    if (event->direction != TLS_NEITHER)
        tls_lua_set_string(L, "direction", event->direction == TLS_SENT ? "sent" : "received");
    if (event->version != 0)
        tls_lua_set_named(L, "version", TLS_REGISTRY_VERSION, event->version);
    tls_lua_set_integer(L, "length", (int64_t)event->length);
    tls_lua_set_string(L, "state", event->state);
    if (event->renegotiation)
        tls_lua_set_boolean(L, "renegotiation", 1);
}

void
tls_lua_push_stage(lua_State *L, const tls_connection *connection)
{
    const tls_stage_event *event = tls_connection_stage(connection);
    tls_connection_info info;

    if (event == NULL) {
        lua_pushnil(L);
        return;
    }
    tls_connection_get_info(connection, &info);
    lua_createtable(L, 0, 16);
    common_fields(L, event);
    stage_fields(L, connection, event, &info);
    if (event->raw.length > 0)
        tls_lua_set_raw(L, event->raw);
}

void
tls_lua_push_message(
    lua_State *L, enum tls_stage stage, tls_bytes raw, unsigned version, unsigned suite)
{
    tls_stage_event event = {0};

    event.stage = stage;
    event.direction = TLS_RECEIVED;
    event.version = version;
    event.raw = raw;
    event.length = raw.length;
    event.suite = suite;
    lua_createtable(L, 0, 16);
    common_fields(L, &event);
    handshake_fields(L, raw, version, suite);
    tls_lua_set_raw(L, raw);
}
