/* context.c - class "bearssl.context": what many connections share, made once and then only read.
 *
 *     context = core.context{ … }
 *
 * Every method raises on an object that __close has closed; connections that use it go on. */
#include "classes.h"

#include "x509/ocsp.h"

/* The clock stands in the object, where the core reads it: so whoever keeps the tls_context keeps
 * the object too (slots of a connection). */
typedef struct object {
    tls_context *context;
    int has_time;
    int64_t time;
} object;

static int64_t
now(void *data)
{
    const object *self = data;

    return self->has_time ? self->time : TLS_SYSTEM_TIME;
}

tls_context *
tls_lua_test_context(lua_State *L, int index)
{
    object *self = tls_lua_test(L, index, TLS_LUA_CONTEXT);

    return self != NULL ? self->context : NULL;
}

tls_context *
tls_lua_check_context(lua_State *L, int index)
{
    object *self;

    /* The Lua layer's context is a table around it. */
    if (lua_istable(L, index)) {
        lua_getfield(L, index, "core");
        lua_replace(L, index);
    }
    self = luaL_checkudata(L, index, TLS_LUA_CONTEXT);
    luaL_argcheck(L, self->context != NULL, index, "closed context");
    return self->context;
}

/* option_alpn pushes what holds the names. */
static const tls_bytes *
option_alpn(lua_State *L, int table, size_t *count)
{
    int list = tls_lua_option_table(L, table, "alpn"), anchor;
    tls_bytes *names;
    size_t i;

    *count = 0;
    if (list == 0)
        return NULL;
    *count = tls_lua_length(L, list);
    if (*count > 0xFFFF)
        luaL_error(L, "option 'alpn' is too long");
    lua_createtable(L, (int)*count + 1, 0);
    anchor = lua_gettop(L);
    names = tls_lua_userdata(L, (*count + 1) * sizeof *names, 0);
    lua_rawseti(L, anchor, (int)*count + 1);
    for (i = 0; i < *count; i++) {
        size_t length;

        lua_rawgeti(L, list, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "option 'alpn': element %d must be a string", (int)i + 1);
        names[i].data = (const unsigned char *)lua_tolstring(L, -1, &length);
        names[i].length = length;
        if (length == 0 || length > 255)
            luaL_error(L, "option 'alpn': element %d must have 1 to 255 bytes", (int)i + 1);
        lua_rawseti(L, anchor, (int)i + 1);
    }
    lua_replace(L, list);
    return names;
}

/* option_extensions pushes what holds the data. */
static const tls_custom_extension *
option_extensions(lua_State *L, int table, size_t *count)
{
    int list = tls_lua_option_table(L, table, "extensions"), anchor, entry;
    tls_custom_extension *extensions;
    size_t i;

    *count = 0;
    if (list == 0)
        return NULL;
    *count = tls_lua_length(L, list);
    if (*count > 0xFF)
        luaL_error(L, "option 'extensions' is too long");
    lua_createtable(L, (int)*count + 1, 0);
    anchor = lua_gettop(L);
    extensions = tls_lua_userdata(L, (*count + 1) * sizeof *extensions, 0);
    lua_rawseti(L, anchor, (int)*count + 1);
    for (i = 0; i < *count; i++) {
        lua_rawgeti(L, list, (int)i + 1);
        entry = lua_gettop(L);
        if (!lua_istable(L, entry))
            luaL_error(L, "option 'extensions': element %d must be a table", (int)i + 1);
        extensions[i].type = (uint16_t)tls_lua_option_integer(L, entry, "type", -1, 0, 0xFFFF);
        lua_getfield(L, entry, "type");
        lua_getfield(L, entry, "data");
        if (lua_isnil(L, -2) || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "option 'extensions': element %d must be { type =, data = }", (int)i + 1);
        extensions[i].data = tls_lua_check_bytes(L, lua_gettop(L));
        lua_rawseti(L, anchor, (int)i + 1);
        lua_settop(L, entry - 1);
    }
    lua_replace(L, list);
    return extensions;
}

/* check_responses: what is not an OCSP response would make every client refuse. */
static enum tls_reason
check_responses(const tls_context_options *options)
{
    enum tls_reason reason = TLS_OK;
    size_t i;

    for (i = 0; i < options->credential_count && reason == TLS_OK; i++) {
        tls_ocsp_response *response = NULL;

        if (options->credentials[i].ocsp_response.data == NULL)
            continue;
        reason = tls_ocsp_response_from_der(&response, options->credentials[i].ocsp_response);
        tls_ocsp_response_release(response);
    }
    return reason;
}

/* option_unsigned: an integer of 0 … `maximum`, 0 when it is absent. */
static unsigned
option_unsigned(lua_State *L, const char *name, lua_Integer maximum)
{
    return (unsigned)tls_lua_option_integer(L, 1, name, 0, 0, maximum);
}

/* The options of TLS 1.3; the table is argument 1. */
static void
options_13(lua_State *L, tls_context_options *options)
{
    options->key_share_count = option_unsigned(L, "key_share_count", 16);
    options->no_grease = tls_lua_option_boolean(L, 1, "no_grease");
    options->no_compatibility = tls_lua_option_boolean(L, 1, "no_compatibility");
    options->psk_only = tls_lua_option_boolean(L, 1, "psk_only");
    options->post_handshake_auth = tls_lua_option_boolean(L, 1, "post_handshake_auth");
    options->retry_cookie = tls_lua_option_boolean(L, 1, "retry_cookie");
    options->tickets_always = tls_lua_option_boolean(L, 1, "tickets_always");
    options->ticket_count = option_unsigned(L, "ticket_count", TLS_TICKETS_MAXIMUM);
    options->max_early_data = option_unsigned(L, "max_early_data", 0x7FFFFFFF);
    options->early_data_window = option_unsigned(L, "early_data_window", 0x7FFFFFFF);
    options->record_size_limit = option_unsigned(L, "record_size_limit", 16384);
    options->record_padding = option_unsigned(L, "record_padding", 16384);
    options->key_update_records = option_unsigned(L, "key_update_records", 0x7FFFFFFF);
}

/* core.context{ role = "client" | "server", version_min =, version_max = numbers, suites =, groups
 * =, signature_schemes = lists of numbers, alpn = list of strings, alpn_required = boolean, trust =
 * trust store, verify = "none" | "optional" | "required", verify_depth = integer, credentials =
 * list of { chain = list of certificates, key = key, ocsp_response = DER or nil }, session_cache =,
 * session_lifetime = seconds, record_size = integers, ticket_keys = ticket keys (server: issue
 * tickets under them), max_fragment_length = 512, 1024, 2048 or 4096, extensions = list of { type =
 * number, data = string } (client: of types that the core does not handle itself),
 * client_preference, renegotiation, no_status_request, no_tickets, no_extended_master_secret,
 * require_extended_master_secret, fallback = booleans, and as in trust:verify crls, pins,
 * clock_skew, revocation, staple; for TLS 1.3 key_share_count, ticket_count, max_early_data,
 * early_data_window (seconds), record_size_limit, record_padding, key_update_records = integers,
 * no_grease, no_compatibility, tickets_always, psk_only, post_handshake_auth, retry_cookie =
 * booleans } -> context. What is absent takes the core's default, but for ticket_count: none. |
 * nil, message, "illegal_parameter" (an unknown suite or group, versions the wrong way round, an
 * extension that may not be given) | "bad_ocsp_response" | "key_mismatch" | "out_of_memory" |
 * "no_random" */
static int
make(lua_State *L)
{
    static const char *const roles[] = {"client", "server", NULL};
    static const char *const modes[] = {"none", "optional", "required", NULL};
    tls_context_options options = {0};
    enum tls_reason reason;
    object *self;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_checkstack(L, LUA_MINSTACK, "options");
    options.role = (enum tls_role)tls_lua_option_choice(L, 1, "role", roles, TLS_ROLE_CLIENT);
    options.version_min = (unsigned)tls_lua_option_integer(L, 1, "version_min", 0, 0, 0xFFFF);
    options.version_max = (unsigned)tls_lua_option_integer(L, 1, "version_max", 0, 0, 0xFFFF);
    options.suites = tls_lua_option_list16(L, 1, "suites", &options.suite_count);
    options.groups = tls_lua_option_list16(L, 1, "groups", &options.group_count);
    options.signature_schemes =
        tls_lua_option_list16(L, 1, "signature_schemes", &options.signature_scheme_count);
    options.alpn = option_alpn(L, 1, &options.alpn_count);
    options.alpn_required = tls_lua_option_boolean(L, 1, "alpn_required");
    lua_getfield(L, 1, "trust");
    if (!lua_isnil(L, -1)) {
        options.trust = tls_lua_test_trust(L, -1);
        if (options.trust == NULL)
            return luaL_error(L, "option 'trust' must be an open trust store");
    }
    options.verify =
        (enum tls_verify_mode)tls_lua_option_choice(L, 1, "verify", modes, TLS_VERIFY_REQUIRED);
    options.verify_depth =
        (unsigned)tls_lua_option_integer(L, 1, "verify_depth", 0, 0, TLS_PATH_MAXIMUM);
    options.credentials =
        tls_lua_option_credentials(L, 1, "credentials", &options.credential_count);
    options.session_cache_size =
        (size_t)tls_lua_option_integer(L, 1, "session_cache", 0, 0, 0x7FFFFFFF);
    options.session_lifetime =
        (unsigned)tls_lua_option_integer(L, 1, "session_lifetime", 0, 0, 0x7FFFFFFF);
    lua_getfield(L, 1, "ticket_keys");
    if (!lua_isnil(L, -1)) {
        options.ticket_keys = tls_lua_test_ticket_keys(L, -1);
        if (options.ticket_keys == NULL)
            return luaL_error(L, "option 'ticket_keys' must be an open ticket keys object");
    }
    options.no_tickets = tls_lua_option_boolean(L, 1, "no_tickets");
    options.no_extended_master_secret = tls_lua_option_boolean(L, 1, "no_extended_master_secret");
    options.require_extended_master_secret =
        tls_lua_option_boolean(L, 1, "require_extended_master_secret");
    options.fallback = tls_lua_option_boolean(L, 1, "fallback");
    options.no_status_request = tls_lua_option_boolean(L, 1, "no_status_request");
    options.max_fragment_length =
        (unsigned)tls_lua_option_integer(L, 1, "max_fragment_length", 0, 0, 4096);
    options.custom_extensions = option_extensions(L, 1, &options.custom_extension_count);
    options.record_size = (size_t)tls_lua_option_integer(L, 1, "record_size", 0, 0, 16384);
    options.client_preference = tls_lua_option_boolean(L, 1, "client_preference");
    options.renegotiation = tls_lua_option_boolean(L, 1, "renegotiation");
    options.crls = tls_lua_option_crls(L, 1, "crls", &options.crl_count);
    options.pins = tls_lua_option_pins(L, 1, "pins", &options.pin_count);
    options.clock_skew = tls_lua_option_clock_skew(L, 1);
    options.revocation = tls_lua_option_revocation(L, 1);
    options.staple = tls_lua_option_staple(L, 1);
    options_13(L, &options);
    reason = check_responses(&options);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    self = tls_lua_new(L, TLS_LUA_CONTEXT, sizeof *self, 0);
    options.now = now;
    options.now_data = self;
    lua_getfield(L, 1, "time");
    self->has_time = !lua_isnil(L, -1);
    if (self->has_time)
        self->time = tls_lua_check_time(L, lua_gettop(L));
    lua_pop(L, 1);
    reason = tls_context_new(&self->context, &options);
    return reason == TLS_OK ? 1 : tls_lua_failure(L, reason);
}

/* context:role() -> "client" or "server" */
static int
role(lua_State *L)
{
    lua_pushstring(
        L, tls_context_role(tls_lua_check_context(L, 1)) == TLS_ROLE_SERVER ? "server" : "client");
    return 1;
}

/* context:set_time([seconds]): the time that verification and session lifetimes go by, until it is
 * set again; without an argument the system's clock */
static int
set_time(lua_State *L)
{
    object *self = luaL_checkudata(L, 1, TLS_LUA_CONTEXT);

    if (lua_isnoneornil(L, 2)) {
        self->has_time = 0;
    } else {
        self->time = tls_lua_check_time(L, 2);
        self->has_time = 1;
    }
    return 0;
}

/* context:flush_sessions(): forgets the sessions that a server keeps */
static int
flush_sessions(lua_State *L)
{
    tls_context_flush_sessions(tls_lua_check_context(L, 1));
    return 0;
}

/* context:session_count() -> number of sessions that a server keeps */
static int
session_count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tls_context_session_count(tls_lua_check_context(L, 1)));
    return 1;
}

/* context:pooled_buffers() -> number of record buffers that lie idle */
static int
pooled_buffers(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tls_context_pooled_buffers(tls_lua_check_context(L, 1)));
    return 1;
}

static int
gc(lua_State *L)
{
    object *self = luaL_checkudata(L, 1, TLS_LUA_CONTEXT);

    tls_context_release(self->context);
    self->context = NULL;
    return 0;
}

static const luaL_Reg methods[] = {
    {"role", role},
    {"set_time", set_time},
    {"flush_sessions", flush_sessions},
    {"session_count", session_count},
    {"pooled_buffers", pooled_buffers},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {{"__gc", gc}, {NULL, NULL}};

const luaL_Reg tls_lua_context_functions[] = {{"context", make}, {NULL, NULL}};

void
tls_lua_open_context(lua_State *L)
{
    tls_lua_class(L, TLS_LUA_CONTEXT, methods, metamethods);
}
