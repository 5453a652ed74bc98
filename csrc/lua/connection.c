/* connection.c - class "bearssl.connection": one conversation, bytes in and bytes out. The methods
 * of its other files are in connection.h.
 *
 *     connection = core.connection(context, { … })
 *
 * Every method of a connection that free() has closed returns nil, message, "closed". */
#include "connection.h"

#include <string.h>

#include "wire/registry.h"

#include "bounds.h"
#include "context.h"
#include "module.h"
#include "option.h"
#include "revocation.h"
#include "session.h"
#include "stage.h"
#include "value.h"

tls_lua_connection *
tls_lua_connection_look(lua_State *L)
{
    return luaL_checkudata(L, 1, TLS_LUA_CONNECTION);
}

tls_lua_connection *
tls_lua_connection_self(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    if (self->busy > 0)
        luaL_error(L, "the connection is being looked at: a finalizer must not drive it");
    return self;
}

int
tls_lua_guarded(lua_State *L, tls_lua_connection *self, lua_CFunction f, void *data)
{
    int top = lua_gettop(L), status;

    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, data);
    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    self->busy++;
    status = lua_pcall(L, 1, LUA_MULTRET, 0);
    self->busy--;
    if (status != 0)
        return lua_error(L);
    return lua_gettop(L) - top;
}

int
tls_lua_connection_closed(lua_State *L)
{
    return tls_lua_failure(L, TLS_REASON_CLOSED);
}

int
tls_lua_push_failure(lua_State *L, const tls_connection *connection)
{
    enum tls_reason reason = tls_connection_failure(connection);
    const char *text = tls_connection_failure_text(connection);
    int alert = tls_connection_peer_alert(connection);
    const char *name = NULL;

    if (reason == TLS_REASON_PEER_ALERT && alert != TLS_ALERT_NONE)
        name = tls_registry_name(TLS_REGISTRY_ALERT, (unsigned)alert);
    tls_lua_failure_text(L, reason, text);
    if (name != NULL) {
        lua_pop(L, 1);
        lua_pushfstring(L, "alert_%s", name);
    }
    return 3;
}

static int
guarded_failure(lua_State *L)
{
    return tls_lua_push_failure(L, lua_touserdata(L, 1));
}

int
tls_lua_connection_failed(lua_State *L, tls_lua_connection *self)
{
    return tls_lua_guarded(L, self, guarded_failure, self->connection);
}

int
tls_lua_connection_refused(lua_State *L, tls_lua_connection *self, enum tls_reason reason)
{
    if (reason == tls_connection_failure(self->connection))
        return tls_lua_connection_failed(L, self);
    return tls_lua_failure(L, reason);
}

tls_bytes
tls_lua_check_range(lua_State *L, int data, lua_Integer *first)
{
    tls_bytes bytes = tls_lua_check_bytes(L, data);
    lua_Integer length = (lua_Integer)bytes.length;
    lua_Integer i = luaL_optinteger(L, data + 1, 1), j = luaL_optinteger(L, data + 2, -1);

    if (i < 0)
        i = i < -length ? 1 : length + i + 1;
    else if (i == 0)
        i = 1;
    if (j < 0)
        j = j < -length ? 0 : length + j + 1;
    else if (j > length)
        j = length;
    *first = i;
    if (i > j)
        return tls_bytes_make("", 0);
    return tls_bytes_make(bytes.data + (i - 1), (size_t)(j - i + 1));
}

/* core.connection(context, { server_name = DNS name or IP address (client), no_server_name =
 * boolean: none is sent nor checked (a client needs one of the two), session = session to resume
 * (false: none) (client), verify = "none" | "optional" | "required" | "report" (nil: the
 * context's), early_data = string to send as 0-RTT (client), early_data_resend = boolean: send it
 * after the handshake when it was not accepted, ech = ECHConfigList (client), no_ech = boolean:
 * none, whatever the context has, alpn, pins (as a context's, instead of them), fallback_scsv =
 * boolean (client), version_min, version_max = numbers within the context's, stage_mask =,
 * decision_mask = integers: bit i for the stage or decision i + 1 of core.stages(),
 * core.decisions() }) -> connection | nil, message, "bad_ech_config" | "illegal_parameter" |
 * "out_of_memory" | "no_random" */
static int
make(lua_State *L)
{
    tls_connection_options options = {0};
    tls_lua_connection *self;
    tls_context *context;
    enum tls_reason reason;

    (void)tls_lua_object_look(L, 1, &tls_lua_context_class);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        options.server_name = tls_lua_option_text(L, 2, "server_name");
        options.no_server_name = tls_lua_option_boolean(L, 2, "no_server_name");
        lua_getfield(L, 2, "session");
        options.no_session = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
        if (!lua_isnil(L, -1) && !options.no_session) {
            options.session = tls_lua_object_share(L, -1, &tls_lua_session_class);
            if (options.session == NULL)
                return luaL_error(L, "option 'session' must be an open session object");
        }
        options.verify = tls_lua_option_verify(L, 2);
        lua_getfield(L, 2, "early_data");
        if (!lua_isnil(L, -1)) {
            if (lua_type(L, -1) != LUA_TSTRING)
                return luaL_error(L, "option 'early_data' must be a string");
            options.early_data = tls_lua_check_bytes(L, lua_gettop(L));
        }
        options.ech = tls_lua_option_bytes(L, 2, "ech");
        options.no_ech = tls_lua_option_boolean(L, 2, "no_ech");
        options.early_data_resend = tls_lua_option_boolean(L, 2, "early_data_resend");
        options.version_min = tls_lua_option_version(L, 2, "version_min");
        options.version_max = tls_lua_option_version(L, 2, "version_max");
        options.alpn = tls_lua_option_alpn(L, 2, &options.alpn_count);
        options.pins = tls_lua_option_pins(L, 2, "pins", &options.pin_count);
        options.fallback_scsv = tls_lua_option_boolean(L, 2, "fallback_scsv");
        options.stage_mask = (uint32_t)tls_lua_option_integer(L, 2, "stage_mask", 0, 0, 0x7FFFFFFF);
        options.decision_mask =
            (uint32_t)tls_lua_option_integer(L, 2, "decision_mask", 0, 0, 0x7FFFFFFF);
    }
    self = tls_lua_new(L, TLS_LUA_CONNECTION, sizeof *self, TLS_LUA_SLOTS);
    lua_pushvalue(L, 1);
    tls_lua_keep(L, -2, TLS_LUA_SLOT_CONTEXT);
    /* Only borrowed: nothing is allocated in Lua before the connection has a count of its own. */
    context = ((tls_lua_object *)tls_lua_object_look(L, 1, &tls_lua_context_class))->counted;
    reason = tls_connection_new(&self->connection, context, &options);
    return reason == TLS_OK ? 1 : tls_lua_failure(L, reason);
}

/* connection:step() runs until there is something to report: "wantread" (send what drain gives,
 * then feed), "stage" (look at stage()), "decision" (question(), then answer() at any later time;
 * the next step takes the default), "data" (the handshake is over, or there is something to read),
 * "early_data" (a server's handshake goes on, and early_data() has something),
 * "closed" (the peer's close_notify) | nil, message, code: the code of the failure's reason, or
 * "alert_" and the name of the alert that the peer sent. Send what drain gives all the same: the
 * alert. */
static int
step(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    switch (tls_connection_step(self->connection)) {
    case TLS_EVENT_WANT_READ:
        lua_pushliteral(L, "wantread");
        return 1;
    case TLS_EVENT_STAGE:
        lua_pushliteral(L, "stage");
        return 1;
    case TLS_EVENT_DECISION:
        lua_pushliteral(L, "decision");
        return 1;
    case TLS_EVENT_DATA:
        lua_pushliteral(L, "data");
        return 1;
    case TLS_EVENT_EARLY_DATA:
        lua_pushliteral(L, "early_data");
        return 1;
    case TLS_EVENT_CLOSED:
        lua_pushliteral(L, "closed");
        return 1;
    case TLS_EVENT_FAILED:
        break;
    }
    return tls_lua_connection_failed(L, self);
}

/* connection:failure() -> nil, message, code as step gives them once it has failed; nothing before
 */
static int
failure(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    if (tls_connection_failure(self->connection) == TLS_OK)
        return 0;
    return tls_lua_connection_failed(L, self);
}

static int
guarded_stage(lua_State *L)
{
    tls_lua_push_stage(L, lua_touserdata(L, 1));
    return 1;
}

/* connection:stage() -> the message table of the stage that step reported last (stage.c), or nil */
static int
stage(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    return tls_lua_guarded(L, self, guarded_stage, self->connection);
}

/* connection:watch(stage_mask, decision_mask): what step reports from now on */
static int
watch(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    lua_Number stages = luaL_checknumber(L, 2), decisions = luaL_checknumber(L, 3);

    luaL_argcheck(L, stages >= 0 && stages < 4294967296.0, 2, "not a mask");
    luaL_argcheck(L, decisions >= 0 && decisions < 4294967296.0, 3, "not a mask");
    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    tls_connection_watch(self->connection, (uint32_t)stages, (uint32_t)decisions);
    return 0;
}

/* named_reason is the reason whose code stands at `index`, if it has an alert. Codes without one
 * are words of this side: "timeout" asks to be called again and "closed" is an orderly end, which
 * what ended a handshake must not seem to be. */
static enum tls_reason
named_reason(lua_State *L, int index)
{
    size_t length;
    const char *code = luaL_checklstring(L, index, &length);
    enum tls_reason reason = strlen(code) == length ? tls_reason_from_code(code) : TLS_OK;

    return reason != TLS_OK && tls_reason_alert(reason) != TLS_ALERT_NONE ? reason : TLS_OK;
}

/* connection:fail(reason [, text [, handler]]): ends the connection with an alert. reason: a code
 * that has an alert ("certificate_refused"), or any text: code "refused", or "sign_failed" of the
 * handler "sign". text: the message, instead of the code's sentence, or of reason with who gave it
 */
static int
fail(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    enum tls_reason reason = named_reason(L, 2);
    const char *text = luaL_optstring(L, 3, NULL);
    const char *handler = luaL_optstring(L, 4, NULL);

    if (reason == TLS_OK) {
        reason = handler != NULL && strcmp(handler, tls_decision_name(TLS_DECISION_SIGN)) == 0
                     ? TLS_REASON_SIGN_FAILED
                     : TLS_REASON_REFUSED;
        if (text == NULL)
            text = lua_tostring(L, 2);
        if (handler != NULL && lua_isnoneornil(L, 3))
            text = lua_pushfstring(L, "the '%s' handler refused: %s", handler, text);
    }
    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    tls_connection_fail(self->connection, reason, TLS_ALERT_NONE, text);
    return 0;
}

/* connection:fail_handler(text): ends the connection because a handler raised an error: alert
 * internal_error, code "handler_error", and the text as message */
static int
fail_handler(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    const char *text = luaL_checkstring(L, 2);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    tls_connection_fail(self->connection, TLS_REASON_HANDLER, TLS_ALERT_NONE, text);
    return 0;
}

/* connection:feed(bytes) -> how many of the peer's bytes were taken; fewer than given when what has
 * been decrypted must be read first */
static int
feed(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    tls_bytes bytes = tls_lua_check_bytes(L, 2);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    lua_pushinteger(
        L, (lua_Integer)tls_connection_feed(self->connection, bytes.data, bytes.length));
    return 1;
}

/* connection:feed_end(): the transport has ended */
static int
feed_end(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    tls_connection_feed_end(self->connection);
    return 0;
}

/* A part of a view that becomes a string. */
typedef struct view_part {
    tls_connection *connection;
    tls_lua_connection *self;
    lua_Number maximum;
} view_part;

static view_part
check_part(lua_State *L, tls_lua_connection *self)
{
    view_part part;

    part.connection = self->connection;
    part.self = self;
    part.maximum = luaL_optnumber(L, 2, 9e15);
    luaL_argcheck(L, part.maximum >= 0, 2, "must not be negative");
    return part;
}

static size_t
push_part(lua_State *L, const view_part *part, tls_bytes bytes)
{
    if (part->maximum < (lua_Number)bytes.length)
        bytes.length = (size_t)part->maximum;
    tls_lua_push_bytes(L, bytes);
    return bytes.length;
}

static int
guarded_drain(lua_State *L)
{
    view_part part = *(const view_part *)lua_touserdata(L, 1);
    int count = 0;

    /* What was written before a renegotiation is another view than what has been since. */
    do {
        size_t length = push_part(L, &part, tls_connection_output(part.connection));

        tls_connection_output_consume(part.connection, length);
        part.maximum -= (lua_Number)length;
        count++;
    } while (part.maximum > 0 && tls_connection_output(part.connection).length > 0);
    lua_concat(L, count);
    return 1;
}

/* connection:drain([max]) -> bytes to send to the peer, "" when there are none */
static int
drain(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    view_part part = check_part(L, self);

    return tls_lua_guarded(L, self, guarded_drain, &part);
}

/* connection:pending_output() -> number of bytes that drain would give */
static int
pending_output(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    lua_pushinteger(L, (lua_Integer)tls_connection_output(self->connection).length);
    return 1;
}

static int
guarded_read(lua_State *L)
{
    const view_part *part = lua_touserdata(L, 1);
    size_t length = push_part(L, part, tls_connection_plaintext(part->connection));

    part->self->taken++;
    tls_connection_plaintext_consume(part->connection, length);
    return 1;
}

/* connection:read([max]) -> decrypted bytes; "" when there are none at hand: step then */
static int
read_data(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    view_part part = check_part(L, self);

    return tls_lua_guarded(L, self, guarded_read, &part);
}

static int
guarded_early_data(lua_State *L)
{
    const view_part *part = lua_touserdata(L, 1);
    size_t length = push_part(L, part, tls_connection_early_data(part->connection));

    tls_connection_early_data_consume(part->connection, length);
    return 1;
}

/* connection:early_data([max]) -> bytes of early data, "" when there are none at hand (a server's,
 * while the handshake goes on; what is not taken then is the first that read gives) */
static int
early_data(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    view_part part = check_part(L, self);

    return tls_lua_guarded(L, self, guarded_early_data, &part);
}

/* connection:buffered() -> number of decrypted bytes at hand */
static int
buffered(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    lua_pushinteger(L, (lua_Integer)tls_connection_plaintext(self->connection).length);
    return 1;
}

/* connection:write(data [, i [, j]]) -> index of the last byte sealed into records: i - 1 when the
 * output is full (drain it) | nil, message, "not_ready" (before the handshake is over) | "closed"
 * (after close) | the code of the connection's failure. i, j as in string.sub. */
static int
write_data(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);
    lua_Integer first;
    tls_bytes bytes = tls_lua_check_range(L, 2, &first);
    enum tls_reason reason;
    size_t written = 0;

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    reason = tls_connection_write(self->connection, &written, bytes.data, bytes.length);
    if (reason != TLS_OK)
        return tls_lua_connection_refused(L, self, reason);
    lua_pushinteger(L, first - 1 + (lua_Integer)written);
    return 1;
}

/* connection:close() -> true. Queues close_notify; reading goes on until the peer's. */
static int
close_connection(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    tls_connection_close(self->connection);
    lua_pushboolean(L, 1);
    return 1;
}

static int
guarded_info(lua_State *L)
{
    lua_createtable(L, 0, 48);
    tls_lua_info_fields(L, lua_touserdata(L, 1));
    return 1;
}

/* connection:info() -> table of what is known: mode, established, version, version_id,
 * cipher_suite, cipher_suite_id, group, group_id, dh_bits (of DHE up to TLS 1.2),
 * signature_algorithm and local_signature_algorithm (with _id), alpn, server_name, resumed,
 * resumable, session_id, peer_verified, peer_accepted, verdict ("ok" or a code), verdict_cached,
 * peer_certificates, peer_path, local_certificates, client_random, server_random,
 * client_verify_data, server_verify_data, secure_renegotiation, renegotiations, renegotiating,
 * authenticating, authentications, extended_master_secret, ticket, close_notify_sent,
 * close_notify_received, bytes_received, bytes_sent, records_received, records_sent, memory; of
 * TLS 1.3 early_data
 * ("offered", "accepted", "rejected"; nil: none was offered), early_data_length, hello_retry, ech,
 * ech_retry_configs, psk, psk_identity, psk_context, post_handshake_auth, record_size_limit,
 * expected_tickets, key_updates_sent, key_updates_received. What is not known, or not there, is
 * nil. */
static int
info(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    return tls_lua_guarded(L, self, guarded_info, self->connection);
}

static int
guarded_session(lua_State *L)
{
    tls_session *found = tls_connection_session(lua_touserdata(L, 1));

    if (found == NULL) {
        lua_pushnil(L);
        return 1;
    }
    /* The connection keeps it: giving this count back first leaves nothing to leak when pushing
     * raises. */
    tls_session_release(found);
    tls_lua_push_session(L, found);
    return 1;
}

/* connection:session() -> a session that a later connection can resume, or nil */
static int
session(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    return tls_lua_guarded(L, self, guarded_session, self->connection);
}

static void
release(tls_lua_connection *self)
{
    tls_connection_free(self->connection);
    self->connection = NULL;
    tls_buffer_release(&self->collected);
}

/* connection:retire(): gives everything back but what info() and session() tell, without sending
 * anything */
static int
retire(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_self(L);

    if (self->connection == NULL)
        return tls_lua_connection_closed(L);
    tls_connection_end(self->connection);
    tls_buffer_release(&self->collected);
    return 0;
}

/* connection:free(): gives everything back at once, without sending anything */
static int
free_connection(lua_State *L)
{
    release(tls_lua_connection_self(L));
    return 0;
}

static int
gc(lua_State *L)
{
    /* An object that is guarded is on the stack and not collected: only who calls __gc by hand,
     * from a finalizer, is refused here. */
    release(tls_lua_connection_self(L));
    return 0;
}

/* tostring(connection) -> "bearssl.connection: 0x…", with " (closed)" after free */
static int
tostring(lua_State *L)
{
    tls_lua_connection *self = tls_lua_connection_look(L);

    tls_lua_push_address(L, TLS_LUA_CONNECTION, 1);
    if (self->connection == NULL) {
        lua_pushliteral(L, " (closed)");
        lua_concat(L, 2);
    }
    return 1;
}

static const luaL_Reg methods[] = {
    {"step", step},
    {"failure", failure},
    {"stage", stage},
    {"watch", watch},
    {"fail", fail},
    {"fail_handler", fail_handler},
    {"feed", feed},
    {"feed_end", feed_end},
    {"drain", drain},
    {"pending_output", pending_output},
    {"read", read_data},
    {"early_data", early_data},
    {"buffered", buffered},
    {"write", write_data},
    {"close", close_connection},
    {"info", info},
    {"session", session},
    {"retire", retire},
    {"free", free_connection},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", gc},
    {"__tostring", tostring},
    {NULL, NULL},
};

const luaL_Reg tls_lua_connection_functions[] = {{"connection", make}, {NULL, NULL}};

void
tls_lua_open_connection(lua_State *L)
{
    tls_lua_class(L, TLS_LUA_CONNECTION, methods, metamethods);
    tls_lua_add_methods(L, TLS_LUA_CONNECTION, tls_lua_exporter_methods);
    tls_lua_add_methods(L, TLS_LUA_CONNECTION, tls_lua_post_handshake_methods);
    tls_lua_add_methods(L, TLS_LUA_CONNECTION, tls_lua_question_methods);
    tls_lua_add_methods(L, TLS_LUA_CONNECTION, tls_lua_receive_methods);
    tls_lua_add_methods(L, TLS_LUA_CONNECTION, tls_lua_renegotiation_methods);
    tls_lua_add_methods(L, TLS_LUA_CONNECTION, tls_lua_descriptor_methods);
}
