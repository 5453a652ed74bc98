/* extension.c - hello extensions as Lua values: each { id =, name =, value =, raw = }, by kind.
 * What the core does not know, or cannot parse, has no value, only raw bytes. */
#include "message.h"

#include "wire/ech.h"
#include "wire/extension.h"
#include "wire/registry.h"

#include "value.h"

static void
push_number(lua_State *L, int registry, unsigned id)
{
    lua_createtable(L, 0, 2);
    tls_lua_set_integer(L, "id", id);
    tls_lua_set_string(L, "name", tls_registry_name((enum tls_registry)registry, id));
}

void
tls_lua_push_numbers(lua_State *L, int registry, tls_bytes list)
{
    size_t count = tls_u16_list_count(list), i;

    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        push_number(L, registry, tls_u16_list_at(list, i));
        lua_rawseti(L, -2, (int)i + 1);
    }
}

void
tls_lua_push_bytes_list(lua_State *L, int registry, tls_bytes list)
{
    size_t i;

    lua_createtable(L, (int)list.length, 0);
    for (i = 0; i < list.length; i++) {
        push_number(L, registry, list.data[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

/* registry_of: what the numbers of an extension are numbers of, or -1. */
static int
registry_of(unsigned type)
{
    switch (type) {
    case TLS_EXTENSION_SUPPORTED_GROUPS:
    case TLS_EXTENSION_KEY_SHARE:
        return TLS_REGISTRY_GROUP;
    case TLS_EXTENSION_SIGNATURE_ALGORITHMS:
    case TLS_EXTENSION_SIGNATURE_ALGORITHMS_CERT:
        return TLS_REGISTRY_SIGNATURE_SCHEME;
    case TLS_EXTENSION_COMPRESS_CERTIFICATE:
        return TLS_REGISTRY_CERTIFICATE_COMPRESSION;
    case TLS_EXTENSION_SUPPORTED_VERSIONS:
        return TLS_REGISTRY_VERSION;
    case TLS_EXTENSION_EC_POINT_FORMATS:
        return TLS_REGISTRY_POINT_FORMAT;
    case TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES:
        return TLS_REGISTRY_PSK_MODE;
    case TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE:
    case TLS_EXTENSION_SERVER_CERTIFICATE_TYPE:
        return TLS_REGISTRY_CERTIFICATE_FORMAT;
    default:
        return -1;
    }
}

static void
push_items(lua_State *L, tls_bytes items, int (*next)(tls_reader *, tls_bytes *))
{
    tls_reader reader;
    tls_bytes item;
    int count = 0;

    lua_newtable(L);
    tls_reader_init(&reader, items);
    while (next(&reader, &item)) {
        tls_lua_push_bytes(L, item);
        lua_rawseti(L, -2, ++count);
    }
}

static int
vector8_next(tls_reader *reader, tls_bytes *item)
{
    if (tls_reader_at_end(reader))
        return 0;
    *item = tls_read_vector8(reader, 0);
    return !tls_reader_failed(reader);
}

static void
push_key_shares(lua_State *L, tls_bytes shares)
{
    tls_reader reader;
    unsigned group;
    tls_bytes key;
    int count = 0;

    lua_newtable(L);
    tls_reader_init(&reader, shares);
    while (tls_key_share_next(&reader, &group, &key)) {
        push_number(L, TLS_REGISTRY_GROUP, group);
        tls_lua_set_bytes(L, "key", key);
        lua_rawseti(L, -2, ++count);
    }
}

static void
push_pre_shared_keys(lua_State *L, const tls_extension_value *value)
{
    tls_reader reader;
    tls_bytes identity;
    uint32_t age;
    int count = 0;

    lua_newtable(L);
    tls_reader_init(&reader, value->bytes);
    while (tls_psk_identity_next(&reader, &identity, &age)) {
        lua_createtable(L, 0, 2);
        tls_lua_set_bytes(L, "identity", identity);
        tls_lua_set_integer(L, "obfuscated_ticket_age", age);
        lua_rawseti(L, -2, ++count);
    }
    push_items(L, value->binders, vector8_next);
    lua_setfield(L, -2, "binders");
}

/* push_ech: { type = "outer" or "inner" }, and what the outer one has. */
static void
push_ech(lua_State *L, const tls_extension_value *value)
{
    tls_ech_client_hello hello;

    (void)tls_ech_client_hello_parse(&hello, value->bytes);
    lua_createtable(L, 0, 6);
    tls_lua_set_string(L, "type", hello.type == TLS_ECH_INNER ? "inner" : "outer");
    if (hello.type != TLS_ECH_OUTER)
        return;
    tls_lua_set_integer(L, "kdf", hello.kdf);
    tls_lua_set_integer(L, "aead", hello.aead);
    tls_lua_set_integer(L, "config_id", hello.config_id);
    tls_lua_set_bytes(L, "enc", hello.enc);
    tls_lua_set_bytes(L, "payload", hello.payload);
}

static void
push_status(lua_State *L, const tls_extension_value *value, const char *field)
{
    lua_createtable(L, 0, 2);
    tls_lua_set_integer(L, "status_type", value->number);
    tls_lua_set_bytes(L, field, value->bytes);
}

static void
push_value(lua_State *L, unsigned type, const tls_extension_value *value)
{
    int registry = registry_of(type);

    switch (value->kind) {
    case TLS_EXTENSION_KIND_OPAQUE:
        lua_pushnil(L);
        break;
    case TLS_EXTENSION_KIND_EMPTY:
        lua_pushboolean(L, 1);
        break;
    case TLS_EXTENSION_KIND_U16_LIST:
        tls_lua_push_numbers(L, registry, value->list);
        break;
    case TLS_EXTENSION_KIND_U8_LIST:
        tls_lua_push_bytes_list(L, registry, value->bytes);
        break;
    case TLS_EXTENSION_KIND_NUMBER:
        if (registry >= 0)
            push_number(L, registry, value->number);
        else
            tls_lua_push_int64(L, value->number);
        break;
    case TLS_EXTENSION_KIND_HOST_NAME:
    case TLS_EXTENSION_KIND_BYTES:
        tls_lua_push_bytes(L, value->bytes);
        break;
    case TLS_EXTENSION_KIND_PROTOCOLS:
        push_items(L, value->bytes, tls_protocol_next);
        break;
    case TLS_EXTENSION_KIND_VECTORS:
        push_items(L, value->bytes, tls_vector16_next);
        break;
    case TLS_EXTENSION_KIND_KEY_SHARES:
        push_key_shares(L, value->bytes);
        break;
    case TLS_EXTENSION_KIND_KEY_SHARE:
        push_number(L, TLS_REGISTRY_GROUP, value->number);
        tls_lua_set_bytes(L, "key", value->bytes);
        break;
    case TLS_EXTENSION_KIND_STATUS_REQUEST:
        push_status(L, value, "request");
        break;
    case TLS_EXTENSION_KIND_STATUS:
        push_status(L, value, "response");
        break;
    case TLS_EXTENSION_KIND_ECH:
        push_ech(L, value);
        break;
    case TLS_EXTENSION_KIND_PRE_SHARED_KEYS:
        push_pre_shared_keys(L, value);
        break;
    case TLS_EXTENSION_KIND_TICKET_REQUEST:
        lua_createtable(L, 0, 2);
        tls_lua_set_integer(L, "new_session_count", value->number);
        tls_lua_set_integer(L, "resumption_count", (int64_t)value->count);
        break;
    }
}

void
tls_lua_push_extensions(lua_State *L, tls_bytes block, unsigned place)
{
    tls_extension extension;
    tls_reader reader;
    int count = 0;

    lua_newtable(L);
    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension)) {
        tls_extension_value value;

        push_number(L, TLS_REGISTRY_EXTENSION, extension.type);
        tls_lua_set_bytes(L, "raw", extension.data);
        if (tls_extension_parse(&value, extension.type, place, extension.data) == TLS_OK) {
            push_value(L, extension.type, &value);
            lua_setfield(L, -2, "value");
        }
        lua_rawseti(L, -2, ++count);
    }
}
