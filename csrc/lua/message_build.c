/* message_build.c - handshake messages from Lua tables, for scripted peers and the codec's specs.
 * It takes the fields that parse_message gives (message.c) and checks nothing but types and
 * lengths: what no honest peer would send can be built.
 *
 *     bytes = core.build_message{ stage = "client_hello", … }
 *
 * Numbers may be given by number (field or field_id) or by name. Every value that the core is shown
 * is left on the stack until it has been used. */
#include <string.h>

#include "wire/message.h"

#include "certificate.h"
#include "module.h"
#include "option.h"
#include "value.h"

/* The message table is argument 1 throughout. */
#define TABLE 1

static int
is_given(lua_State *L, const char *field)
{
    int given;

    lua_getfield(L, TABLE, field);
    given = !lua_isnil(L, -1) && !(lua_isboolean(L, -1) && !lua_toboolean(L, -1));
    lua_pop(L, 1);
    return given;
}

/* plain_id: the number that a number or a name stands for. */
static unsigned
plain_id(lua_State *L, int index, const char *field, int registry)
{
    lua_Number number;
    int id = -1;

    if (lua_type(L, index) == LUA_TNUMBER) {
        number = lua_tonumber(L, index);
        if (number >= 0 && number <= 0xFFFF)
            id = (int)number;
    } else if (lua_type(L, index) == LUA_TSTRING) {
        const char *name = lua_tostring(L, index);

        id = registry == TLS_REGISTRY_COUNT ? tls_suite_id(name)
                                            : tls_registry_id((enum tls_registry)registry, name);
    }
    if (id < 0)
        luaL_error(L, "field '%s': a number of 0 to 65535 or a known name is needed", field);
    return (unsigned)id;
}

/* value_id: the number that a value of field `field` stands for: a number, a name, or { id = } of
 * one of these. */
static unsigned
value_id(lua_State *L, int index, const char *field, int registry)
{
    unsigned id;

    if (!lua_istable(L, index))
        return plain_id(L, index, field, registry);
    lua_getfield(L, index, "id");
    id = plain_id(L, -1, field, registry);
    lua_pop(L, 1);
    return id;
}

/* number: field_id, or field, or `otherwise`. TLS_REGISTRY_COUNT stands for cipher suites. */
static unsigned
number(lua_State *L, const char *field, int registry, unsigned otherwise)
{
    unsigned id = otherwise;

    lua_pushfstring(L, "%s_id", field);
    lua_gettable(L, TABLE);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_getfield(L, TABLE, field);
    }
    if (!lua_isnil(L, -1))
        id = value_id(L, -1, field, registry);
    lua_pop(L, 1);
    return id;
}

/* bytes leaves the string on the stack. */
static tls_bytes
bytes(lua_State *L, const char *field)
{
    lua_getfield(L, TABLE, field);
    if (lua_isnil(L, -1))
        return tls_bytes_make("", 0);
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "field '%s' must be a string, not %s", field, luaL_typename(L, -1));
    return tls_lua_check_bytes(L, lua_gettop(L));
}

/* numbers: a list as it stands on the wire, `width` bytes each; the memory is left on the stack. */
static tls_bytes
numbers(lua_State *L, const char *field, int registry, int width)
{
    tls_buffer *out = tls_lua_buffer(L);
    size_t count, i;

    lua_getfield(L, TABLE, field);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return tls_bytes_make("", 0);
    }
    if (!lua_istable(L, -1))
        luaL_error(L, "field '%s' must be a list, not %s", field, luaL_typename(L, -1));
    count = tls_lua_length(L, -1);
    for (i = 0; i < count; i++) {
        unsigned id;

        lua_rawgeti(L, -1, (int)i + 1);
        id = value_id(L, -1, field, registry);
        if (width == 1)
            tls_write_u8(out, id);
        else
            tls_write_u16(out, id);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return tls_buffer_view(out);
}

/* ---- Extensions ---- */

static void
write_listed_extension(lua_State *L, tls_buffer *block, int index)
{
    unsigned type;

    if (!lua_istable(L, index))
        luaL_error(L, "field 'extensions': { id =, raw = } is needed");
    lua_getfield(L, index, "id");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_getfield(L, index, "name");
    }
    type = value_id(L, -1, "extensions", TLS_REGISTRY_EXTENSION);
    lua_getfield(L, index, "raw");
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "field 'extensions': raw must be a string");
    tls_extension_write(block, type, tls_lua_check_bytes(L, lua_gettop(L)));
    lua_pop(L, 2);
}

static void
write_numbers(lua_State *L, tls_buffer *block, const char *field, unsigned type, int registry)
{
    tls_bytes list;
    tls_buffer *data;

    if (!is_given(L, field))
        return;
    list = numbers(L, field, registry, 2);
    data = tls_lua_buffer(L);
    if (type == TLS_EXTENSION_SUPPORTED_VERSIONS)
        tls_write_vector8(data, list);
    else
        tls_write_vector16(data, list);
    tls_extension_write(block, type, tls_buffer_view(data));
    lua_pop(L, 2);
}

static void
write_alpn(lua_State *L, tls_buffer *block)
{
    tls_buffer *data;
    size_t start, count, i;

    if (!is_given(L, "alpn"))
        return;
    data = tls_lua_buffer(L);
    lua_getfield(L, TABLE, "alpn");
    /* A list, or the one name of a ServerHello. */
    if (lua_type(L, -1) == LUA_TSTRING) {
        lua_createtable(L, 1, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
    }
    luaL_argcheck(L, lua_istable(L, -1), TABLE, "field 'alpn' must be a list of strings");
    start = tls_write_begin16(data);
    count = tls_lua_length(L, -1);
    for (i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "field 'alpn' must be a list of strings");
        tls_write_vector8(data, tls_lua_check_bytes(L, lua_gettop(L)));
        lua_pop(L, 1);
    }
    tls_write_end16(data, start);
    tls_extension_write(block, TLS_EXTENSION_ALPN, tls_buffer_view(data));
    lua_pop(L, 2);
}

static void
write_flag(lua_State *L, tls_buffer *block, const char *field, unsigned type)
{
    if (is_given(L, field))
        tls_extension_write_empty(block, type);
}

/* write_usual_extensions makes the extensions that parse_message derives fields from. */
static void
write_usual_extensions(lua_State *L, tls_buffer *block)
{
    if (is_given(L, "renegotiation_info"))
        tls_extension_write_vector8(
            block, TLS_EXTENSION_RENEGOTIATION_INFO, bytes(L, "renegotiation_info"));
    if (is_given(L, "server_name"))
        tls_extension_write_server_name(block, bytes(L, "server_name"));
    write_flag(L, block, "extended_master_secret", TLS_EXTENSION_EXTENDED_MASTER_SECRET);
    if (is_given(L, "session_ticket"))
        tls_extension_write(block, TLS_EXTENSION_SESSION_TICKET, bytes(L, "session_ticket"));
    write_numbers(L, block, "signature_algorithms", TLS_EXTENSION_SIGNATURE_ALGORITHMS,
        TLS_REGISTRY_SIGNATURE_SCHEME);
    write_numbers(L, block, "supported_groups", TLS_EXTENSION_SUPPORTED_GROUPS, TLS_REGISTRY_GROUP);
    if (is_given(L, "ec_point_formats"))
        tls_extension_write_vector8(block, TLS_EXTENSION_EC_POINT_FORMATS,
            numbers(L, "ec_point_formats", TLS_REGISTRY_POINT_FORMAT, 1));
    write_alpn(L, block);
    if (is_given(L, "status_request"))
        tls_extension_write_status_request(block);
    write_flag(L, block, "encrypt_then_mac", TLS_EXTENSION_ENCRYPT_THEN_MAC);
    write_numbers(
        L, block, "supported_versions", TLS_EXTENSION_SUPPORTED_VERSIONS, TLS_REGISTRY_VERSION);
}

/* extensions: the block, without its length; the memory is left on the stack. `extensions` may be a
 * block, a list of { id | name =, raw = }, or absent: then the usual ones, if `usual`. */
static tls_bytes
extensions(lua_State *L, int usual)
{
    tls_buffer *block;
    size_t count, i;

    lua_getfield(L, TABLE, "extensions");
    if (lua_type(L, -1) == LUA_TSTRING)
        return tls_lua_check_bytes(L, lua_gettop(L));
    block = tls_lua_buffer(L);
    lua_insert(L, -2);
    if (lua_istable(L, -1)) {
        count = tls_lua_length(L, -1);
        for (i = 0; i < count; i++) {
            lua_rawgeti(L, -1, (int)i + 1);
            write_listed_extension(L, block, lua_gettop(L));
            lua_pop(L, 1);
        }
    } else if (usual) {
        write_usual_extensions(L, block);
    }
    return tls_buffer_view(block);
}

static int
has_extensions(lua_State *L, tls_bytes block)
{
    int given;

    lua_getfield(L, TABLE, "has_extensions");
    given = lua_isnil(L, -1) ? block.length > 0 : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return given;
}

/* ---- Messages ---- */

static tls_bytes
hello_random(lua_State *L)
{
    tls_bytes random = bytes(L, "random");

    if (random.length == 0) {
        lua_pushlstring(L, (const char *)tls_hello_retry_request_random, TLS_RANDOM_LENGTH);
        random = tls_lua_check_bytes(L, lua_gettop(L));
    }
    if (random.length != TLS_RANDOM_LENGTH)
        luaL_error(L, "field 'random' must have 32 bytes");
    return random;
}

static void
client_hello(lua_State *L, tls_client_hello *hello)
{
    hello->legacy_version = number(L, "legacy_version", TLS_REGISTRY_VERSION, TLS_VERSION_12);
    hello->random = hello_random(L);
    hello->session_id = bytes(L, "session_id");
    hello->cipher_suites = numbers(L, "cipher_suites", TLS_REGISTRY_COUNT, 2);
    hello->compression_methods =
        is_given(L, "compression_methods")
            ? numbers(L, "compression_methods", TLS_REGISTRY_COMPRESSION, 1)
            : tls_bytes_make("\0", 1);
    hello->extensions = extensions(L, 1);
    hello->has_extensions = has_extensions(L, hello->extensions);
}

static void
server_hello(lua_State *L, tls_server_hello *hello)
{
    hello->legacy_version = number(L, "legacy_version", TLS_REGISTRY_VERSION, TLS_VERSION_12);
    hello->random = hello_random(L);
    hello->session_id = bytes(L, "session_id");
    hello->cipher_suite = number(L, "cipher_suite", TLS_REGISTRY_COUNT, 0);
    hello->compression_method = number(L, "compression_method", TLS_REGISTRY_COMPRESSION, 0);
    hello->extensions = extensions(L, 1);
    hello->has_extensions = has_extensions(L, hello->extensions);
}

/* certificate: `chain` of certificate objects, or `encoded` of DER strings. */
static void
certificate(lua_State *L, tls_certificate_message *message, int is_13)
{
    tls_buffer *list = tls_lua_buffer(L);
    size_t count, i;

    lua_getfield(L, TABLE, "encoded");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_getfield(L, TABLE, "chain");
    }
    if (!lua_istable(L, -1))
        luaL_error(L, "field 'chain' must be a list of certificates");
    count = tls_lua_length(L, -1);
    for (i = 0; i < count; i++) {
        const tls_certificate *one;

        lua_rawgeti(L, -1, (int)i + 1);
        one = tls_lua_test_certificate(L, -1);
        if (one == NULL && lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "field 'chain': element %d must be a certificate or its DER", (int)i + 1);
        tls_write_vector24(list, one != NULL ? one->der : tls_lua_check_bytes(L, lua_gettop(L)));
        if (is_13)
            tls_write_u16(list, 0);
        lua_pop(L, 1);
    }
    message->is_13 = is_13;
    message->certificate_request_context = bytes(L, "certificate_request_context");
    message->certificate_list = tls_buffer_view(list);
}

static void
certificate_request(lua_State *L, tls_certificate_request_message *message, unsigned version)
{
    tls_buffer *names;
    size_t count, i;

    message->is_13 = version >= TLS_VERSION_13;
    message->certificate_types = numbers(L, "certificate_types", TLS_REGISTRY_CERTIFICATE_TYPE, 1);
    message->has_signature_algorithms = version >= TLS_VERSION_12;
    message->signature_algorithms =
        numbers(L, "signature_algorithms", TLS_REGISTRY_SIGNATURE_SCHEME, 2);
    message->certificate_request_context = bytes(L, "certificate_request_context");
    message->extensions = extensions(L, 0);
    names = tls_lua_buffer(L);
    lua_getfield(L, TABLE, "certificate_authorities");
    if (lua_isnil(L, -1))
        return;
    luaL_argcheck(L, lua_istable(L, -1), TABLE, "certificate_authorities must be a list");
    count = tls_lua_length(L, -1);
    for (i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        if (lua_istable(L, -1)) {
            lua_getfield(L, -1, "der");
            lua_replace(L, -2);
        }
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "field 'certificate_authorities': element %d must be DER, or { der = }",
                (int)i + 1);
        tls_write_vector16(names, tls_lua_check_bytes(L, lua_gettop(L)));
        lua_pop(L, 1);
    }
    message->certificate_authorities = tls_buffer_view(names);
}

static void
client_key_exchange(lua_State *L, tls_client_key_exchange *message)
{
    static const char *const kinds[] = {"ECDHE", "RSA", "ECDH", NULL};
    static const enum tls_key_exchange values[] = {
        TLS_KEY_EXCHANGE_ECDHE, TLS_KEY_EXCHANGE_RSA, TLS_KEY_EXCHANGE_ECDH};

    message->kind = values[tls_lua_option_choice(L, TABLE, "key_exchange", kinds, 0)];
    message->encrypted_premaster = bytes(L, "encrypted_premaster");
    message->point = bytes(L, "public_point");
}

static uint32_t
number32(lua_State *L, const char *field)
{
    lua_Number value;

    lua_getfield(L, TABLE, field);
    value = lua_isnil(L, -1) ? 0 : lua_tonumber(L, -1);
    if (!(value >= 0 && value <= 4294967295.0))
        luaL_error(L, "field '%s' must be a number of 32 bits", field);
    lua_pop(L, 1);
    return (uint32_t)value;
}

static void
fill(lua_State *L, tls_message *message, unsigned version)
{
    switch (message->type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        client_hello(L, &message->u.client_hello);
        break;
    case TLS_HANDSHAKE_SERVER_HELLO:
        server_hello(L, &message->u.server_hello);
        break;
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        message->u.encrypted_extensions.extensions = extensions(L, 1);
        break;
    case TLS_HANDSHAKE_CERTIFICATE:
        certificate(L, &message->u.certificate, version >= TLS_VERSION_13);
        break;
    case TLS_HANDSHAKE_COMPRESSED_CERTIFICATE:
        message->u.compressed_certificate.algorithm =
            number(L, "compression_algorithm", TLS_REGISTRY_CERTIFICATE_COMPRESSION, 0);
        message->u.compressed_certificate.uncompressed_length =
            (size_t)number32(L, "uncompressed_length");
        message->u.compressed_certificate.compressed_certificate_message =
            bytes(L, "compressed_certificate_message");
        break;
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        message->u.certificate_status.status_type = number(L, "status_type", 0, 1);
        message->u.certificate_status.response = bytes(L, "ocsp_response");
        break;
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        message->u.server_key_exchange.group = number(L, "group", TLS_REGISTRY_GROUP, 0);
        message->u.server_key_exchange.point = bytes(L, "public_point");
        message->u.server_key_exchange.has_scheme = version >= TLS_VERSION_12;
        message->u.server_key_exchange.scheme =
            number(L, "signature_algorithm", TLS_REGISTRY_SIGNATURE_SCHEME, 0);
        message->u.server_key_exchange.signature = bytes(L, "signature");
        break;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        certificate_request(L, &message->u.certificate_request, version);
        break;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        client_key_exchange(L, &message->u.client_key_exchange);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        message->u.certificate_verify.has_scheme = version >= TLS_VERSION_12;
        message->u.certificate_verify.scheme =
            number(L, "signature_algorithm", TLS_REGISTRY_SIGNATURE_SCHEME, 0);
        message->u.certificate_verify.signature = bytes(L, "signature");
        break;
    case TLS_HANDSHAKE_FINISHED:
        message->u.verify_data = bytes(L, "verify_data");
        break;
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        message->u.new_session_ticket.is_13 = version >= TLS_VERSION_13;
        message->u.new_session_ticket.lifetime = number32(L, "lifetime");
        message->u.new_session_ticket.age_add = number32(L, "age_add");
        message->u.new_session_ticket.nonce = bytes(L, "nonce");
        message->u.new_session_ticket.ticket = bytes(L, "ticket");
        message->u.new_session_ticket.extensions = extensions(L, 0);
        break;
    case TLS_HANDSHAKE_KEY_UPDATE:
        message->u.update_requested = is_given(L, "update_requested");
        break;
    default:
        message->body = bytes(L, "body");
        break;
    }
}

/* handshake_type: of field type (a number), or of field stage (a name). */
static unsigned
handshake_type(lua_State *L)
{
    unsigned type;

    lua_getfield(L, TABLE, "type");
    if (!lua_isnil(L, -1)) {
        type = value_id(L, -1, "type", TLS_REGISTRY_HANDSHAKE_TYPE);
    } else {
        lua_pop(L, 1);
        lua_getfield(L, TABLE, "stage");
        if (lua_type(L, -1) == LUA_TSTRING &&
            strcmp(lua_tostring(L, -1), "hello_retry_request") == 0)
            type = TLS_HANDSHAKE_SERVER_HELLO;
        else
            type = value_id(L, -1, "stage", TLS_REGISTRY_HANDSHAKE_TYPE);
    }
    lua_pop(L, 1);
    return type;
}

/* core.build_message(table) -> bytes of one handshake message with its header, or of an alert.
 * table: stage (name) or type (number); version (name or number; "TLSv1.2"), which decides the form
 * of some messages; and the fields of parse_message. Where fields are absent they are empty or 0,
 * but for legacy_version (TLSv1.2) and compression_methods (null). body: the whole body, for any
 * type. extensions: a block, or a list of { id | name =, raw = }; without it a hello has those of
 * its other fields: server_name, alpn, supported_groups, signature_algorithms, supported_versions,
 * ec_point_formats, session_ticket, renegotiation_info (strings), extended_master_secret,
 * encrypt_then_mac, status_request (true); has_extensions = true writes an empty block, false none.
 * certificate: chain (certificates or DER). client_key_exchange: key_exchange, public_point or
 * encrypted_premaster. certificate_request: certificate_authorities (DER). | nil, message,
 * "limit_exceeded" (something does not fit its length field) | "out_of_memory" */
static int
build(lua_State *L)
{
    tls_message message;
    tls_buffer *out;
    enum tls_reason reason;
    unsigned version;

    luaL_checktype(L, TABLE, LUA_TTABLE);
    lua_settop(L, TABLE);
    luaL_checkstack(L, 60, "message");
    out = tls_lua_buffer(L);
    lua_getfield(L, TABLE, "stage");
    if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "alert") == 0) {
        reason = tls_alert_build(out, number(L, "level", TLS_REGISTRY_ALERT_LEVEL, 2),
            number(L, "description", TLS_REGISTRY_ALERT, 0));
    } else {
        memset(&message, 0, sizeof message);
        version = number(L, "version", TLS_REGISTRY_VERSION, TLS_VERSION_12);
        message.type = (enum tls_handshake_type)handshake_type(L);
        if (is_given(L, "body")) {
            reason = tls_handshake_build(out, message.type, bytes(L, "body"));
        } else {
            fill(L, &message, version);
            reason = tls_message_build(out, &message);
        }
    }
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_push_buffer(L, out);
    return 1;
}

const luaL_Reg tls_lua_message_build_functions[] = {{"build_message", build}, {NULL, NULL}};
