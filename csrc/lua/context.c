/* context.c - class "bearssl.context": what many connections share, made once and then only read.
 *
 *     context = core.context{ … }
 *
 * Every method raises on an object that __close has closed; connections that use it go on. */
#include "context.h"

#include "x509/ocsp.h"

#include "bounds.h"
#include "context_options.h"
#include "credential.h"
#include "ech_keys.h"
#include "module.h"
#include "option.h"
#include "revocation.h"
#include "ticket_keys.h"
#include "trust.h"
#include "value.h"

/* The clock stands in the object, where the core reads it: so whoever keeps the tls_context keeps
 * the object too (slots of a connection). */
typedef struct context_object {
    tls_lua_object object; /* a tls_context */
    int has_time;
    int64_t time;
    tls_context_options options; /* of context_options.h: for info */
} context_object;

TLS_LUA_DEFINE_OBJECT(context, tls_context, "context", sizeof(context_object), NULL)

static int64_t
now(void *data)
{
    const context_object *self = data;

    return self->has_time ? self->time : TLS_SYSTEM_TIME;
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
        extensions[i].type = (uint16_t)tls_lua_option_integer(L, entry, "id", -1, 0, 0xFFFF);
        lua_getfield(L, entry, "id");
        lua_getfield(L, entry, "raw");
        if (lua_isnil(L, -2) || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "option 'extensions': element %d must be { id =, raw = }", (int)i + 1);
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

/* core.context{ role = "client" | "server", version_min =, version_max = numbers, suites =, groups
 * =, signature_schemes =, signature_schemes_cert =, certificate_compression =,
 * server_certificate_types =, client_certificate_types = lists of numbers, certificate_authorities
 * = boolean (those of `trust`) or a trust store, alpn = list of strings, trust = trust store,
 * verify = "none" | "optional" | "required" | "report", credentials = list of { chain = list of
 * certificates (none: a raw public key), key = key, ocsp_response = DER or nil }, ticket_keys =
 * ticket keys (server: issue tickets under them), ech = ECHConfigList (client), ech_keys = keys
 * (server), extensions = list of { id = number, raw = string
 * } (client: of types that the core does not handle itself), as in trust:verify crls, pins,
 * revocation, staple, and what core.context_options() lists, tickets_always = boolean, time =
 * seconds: the first of set_time }
 * -> context. What is absent takes the core's default. | nil,
 * message, "bad_ech_config", "limit_exceeded" (the names of authorities), "illegal_parameter" (an
 * unknown suite or group, versions the wrong way round, an extension that may not be given) |
 * "bad_ocsp_response" | "key_mismatch" | "out_of_memory" | "no_random" */
static int
make(lua_State *L)
{
    static const char *const roles[] = {"client", "server", NULL};
    tls_context_options options = {0};
    tls_context *context = NULL;
    enum tls_reason reason;
    context_object *self;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_checkstack(L, LUA_MINSTACK, "options");
    options.role = (enum tls_role)tls_lua_option_choice(L, 1, "role", roles, TLS_ROLE_CLIENT);
    tls_lua_read_context_options(L, 1, &options);
    options.version_min = tls_lua_option_version(L, 1, "version_min");
    options.version_max = tls_lua_option_version(L, 1, "version_max");
    options.suites = tls_lua_option_list16(L, 1, "suites", &options.suite_count);
    options.groups = tls_lua_option_list16(L, 1, "groups", &options.group_count);
    options.signature_schemes =
        tls_lua_option_list16(L, 1, "signature_schemes", &options.signature_scheme_count);
    options.server_certificate_types = tls_lua_option_list16(
        L, 1, "server_certificate_types", &options.server_certificate_type_count);
    options.client_certificate_types = tls_lua_option_list16(
        L, 1, "client_certificate_types", &options.client_certificate_type_count);
    options.certificate_schemes =
        tls_lua_option_list16(L, 1, "signature_schemes_cert", &options.certificate_scheme_count);
    options.certificate_compression = tls_lua_option_list16(
        L, 1, "certificate_compression", &options.certificate_compression_count);
    options.alpn = tls_lua_option_alpn(L, 1, &options.alpn_count);
    lua_getfield(L, 1, "trust");
    if (!lua_isnil(L, -1)) {
        options.trust = tls_lua_object_share(L, -1, &tls_lua_trust_class);
        if (options.trust == NULL)
            return luaL_error(L, "option 'trust' must be an open trust store");
    }
    lua_getfield(L, 1, "certificate_authorities");
    if (lua_isboolean(L, -1)) {
        options.certificate_authorities =
            lua_toboolean(L, -1) ? TLS_AUTHORITIES_NAMED : TLS_AUTHORITIES_NONE;
    } else if (!lua_isnil(L, -1)) {
        options.certificate_authorities = TLS_AUTHORITIES_NAMED;
        options.authorities = tls_lua_object_share(L, -1, &tls_lua_trust_class);
        if (options.authorities == NULL)
            return luaL_error(
                L, "option 'certificate_authorities' must be a boolean or an open trust store");
    }
    options.verify = tls_lua_option_verify(L, 1);
    options.credentials =
        tls_lua_option_credentials(L, 1, "credentials", &options.credential_count);
    lua_getfield(L, 1, "ticket_keys");
    if (!lua_isnil(L, -1)) {
        options.ticket_keys = tls_lua_object_share(L, -1, &tls_lua_ticket_keys_class);
        if (options.ticket_keys == NULL)
            return luaL_error(L, "option 'ticket_keys' must be an open ticket keys object");
    }
    lua_getfield(L, 1, "ech_keys");
    if (!lua_isnil(L, -1)) {
        options.ech_keys = tls_lua_object_share(L, -1, &tls_lua_ech_keys_class);
        if (options.ech_keys == NULL)
            return luaL_error(L, "option 'ech_keys' must be an open ech keys object");
    }
    options.ech = tls_lua_option_bytes(L, 1, "ech");
    options.tickets_always = tls_lua_option_boolean(L, 1, "tickets_always");
    options.custom_extensions = option_extensions(L, 1, &options.custom_extension_count);
    options.crls = tls_lua_option_crls(L, 1, "crls", &options.crl_count);
    options.pins = tls_lua_option_pins(L, 1, "pins", &options.pin_count);
    options.revocation = tls_lua_option_revocation(L, 1);
    options.staple = tls_lua_option_staple(L, 1);
    reason = check_responses(&options);
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    self = tls_lua_object_new(L, &tls_lua_context_class);
    tls_lua_keep_context_options(&self->options, &options);
    options.now = now;
    options.now_data = self;
    lua_getfield(L, 1, "time");
    self->has_time = !lua_isnil(L, -1);
    if (self->has_time)
        self->time = tls_lua_check_time(L, lua_gettop(L));
    lua_pop(L, 1);
    reason = tls_context_new(&context, &options);
    return tls_lua_object_made(L, self, context, reason);
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
    context_object *self = luaL_checkudata(L, 1, tls_lua_context_class.name);

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

/* context:info() -> { name = value } of what core.context_options() lists, as it is in force */
static int
info(lua_State *L)
{
    /* What it shows is a copy of the object's own. */
    const context_object *self = tls_lua_object_look(L, 1, &tls_lua_context_class);

    lua_createtable(L, 0, 32);
    tls_lua_show_context_options(L, &self->options);
    return 1;
}

static const luaL_Reg methods[] = {
    {"info", info},
    {"role", role},
    {"set_time", set_time},
    {"flush_sessions", flush_sessions},
    {"session_count", session_count},
    {"pooled_buffers", pooled_buffers},
    {NULL, NULL},
};

const luaL_Reg tls_lua_context_functions[] = {{"context", make}, {NULL, NULL}};

void
tls_lua_open_context(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_context_class, methods, NULL);
}
