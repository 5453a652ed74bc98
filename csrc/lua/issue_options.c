/* issue_options.c - see issue_options.h. */
#include "issue_options.h"

#include <string.h>

#include "issue/distinguished_name_build.h"
#include "issue/general_name_build.h"
#include "key/signature.h"
#include "x509/signed_structure.h"

#include "certificate.h"
#include "key.h"
#include "option.h"
#include "request.h"
#include "value.h"

#define LIST_MAXIMUM 10000000u

/* ---- The anchor ---- */

void
tls_lua_issue_begin(lua_State *L, tls_lua_issue_options *fields)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_checkstack(L, 2 * LUA_MINSTACK, "options");
    memset(fields, 0, sizeof *fields);
    lua_newtable(L);
    fields->table = 1;
    fields->anchor = 2;
}

int
tls_lua_issue_failed(lua_State *L, const tls_lua_issue_options *fields)
{
    if (fields->reason == TLS_OK)
        return 0;
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", fields->option,
        strcmp(fields->option, "hash") == 0
            ? "this key does not sign by that hash: leave it out (Ed25519 has none to choose)"
            : tls_reason_sentence(fields->reason));
    lua_pushstring(L, tls_reason_code(fields->reason));
    return 3;
}

void
tls_lua_issue_refuse(tls_lua_issue_options *fields, const char *option, enum tls_reason reason)
{
    if (fields->reason != TLS_OK || reason == TLS_OK)
        return;
    fields->reason = reason;
    fields->option = option;
}

void
tls_lua_issue_hold(lua_State *L, tls_lua_issue_options *fields)
{
    lua_rawseti(L, fields->anchor, ++fields->held);
}

void *
tls_lua_issue_memory(lua_State *L, tls_lua_issue_options *fields, size_t count, size_t size)
{
    void *memory = tls_lua_userdata(L, (count + 1) * size, 0);

    tls_lua_issue_hold(L, fields);
    return memory;
}

tls_buffer *
tls_lua_issue_buffer(lua_State *L, tls_lua_issue_options *fields)
{
    tls_buffer *buffer = tls_lua_buffer(L);

    tls_lua_issue_hold(L, fields);
    return buffer;
}

/* ---- Objects ---- */

/* object_option holds an object of our own for the one that the option gives. */
static const void *
object_option(lua_State *L, tls_lua_issue_options *fields, const char *option, int needed,
    const tls_lua_object_class *object_class, const char *what)
{
    const void *counted;

    lua_getfield(L, fields->table, option);
    if (lua_isnil(L, -1) && !needed) {
        lua_pop(L, 1);
        return NULL;
    }
    counted = tls_lua_object_share(L, -1, object_class);
    if (counted == NULL)
        luaL_error(L, "option '%s' must be an open %s, not %s", option, what, luaL_typename(L, -1));
    tls_lua_issue_hold(L, fields);
    lua_pop(L, 1);
    return counted;
}

const tls_certificate *
tls_lua_issue_certificate(
    lua_State *L, tls_lua_issue_options *fields, const char *option, int needed)
{
    return object_option(
        L, fields, option, needed, &tls_lua_certificate_class, "certificate object");
}

const tls_certificate_request *
tls_lua_issue_request(lua_State *L, tls_lua_issue_options *fields, const char *option)
{
    return object_option(L, fields, option, 1, &tls_lua_request_class, "request");
}

const tls_private_key *
tls_lua_issue_key(lua_State *L, tls_lua_issue_options *fields, const char *option, int needed)
{
    return object_option(L, fields, option, needed, &tls_lua_key_class, "key object");
}

/* ---- Values ---- */

/* take_string pops the string on the top, which is held from now on. */
static tls_bytes
take_string(lua_State *L, tls_lua_issue_options *fields, const char *option)
{
    const char *data;
    size_t length;

    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "option '%s' must hold strings, not %s", option, luaL_typename(L, -1));
    data = lua_tolstring(L, -1, &length);
    tls_lua_issue_hold(L, fields);
    return tls_bytes_make(data, length);
}

tls_bytes
tls_lua_issue_bytes(lua_State *L, tls_lua_issue_options *fields, int table, const char *option)
{
    lua_getfield(L, table, option);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return tls_bytes_make(NULL, 0);
    }
    return take_string(L, fields, option);
}

static int
hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
tls_lua_hex_to_bytes(tls_buffer *out, tls_bytes text)
{
    size_t digits = 0, seen = 0, i;
    unsigned value = 0;

    for (i = 0; i < text.length; i++) {
        if (text.data[i] == ':')
            continue;
        if (hex_digit(text.data[i]) < 0)
            return 0;
        digits++;
    }
    for (i = 0; i < text.length; i++) {
        if (text.data[i] == ':')
            continue;
        value = value << 4 | (unsigned)hex_digit(text.data[i]);
        seen++;
        /* An odd number of digits: the first stands alone. */
        if ((digits - seen) % 2 == 0) {
            unsigned char byte = (unsigned char)value;

            tls_buffer_append(out, &byte, 1);
            value = 0;
        }
    }
    return digits > 0;
}

tls_bytes
tls_lua_issue_hex(lua_State *L, tls_lua_issue_options *fields, int table, const char *option)
{
    tls_bytes text = tls_lua_issue_bytes(L, fields, table, option);
    tls_buffer *out;

    if (text.data == NULL)
        return text;
    out = tls_lua_issue_buffer(L, fields);
    if (!tls_lua_hex_to_bytes(out, text))
        tls_lua_issue_refuse(fields, option, TLS_REASON_BAD_FIELD);
    return tls_buffer_view(out);
}

int
tls_lua_issue_hash(lua_State *L, tls_lua_issue_options *fields, const tls_private_key *key)
{
    static const char *const names[] = {"sha256", "sha384", "sha512", NULL};
    static const int ids[] = {TLS_HASH_SHA256, TLS_HASH_SHA384, TLS_HASH_SHA512};
    int choice = tls_lua_option_choice(L, fields->table, "hash", names, -1);

    if (choice < 0)
        return 0;
    if (key != NULL && tls_signing_hash(key, ids[choice]) == 0)
        tls_lua_issue_refuse(fields, "hash", TLS_REASON_BAD_FIELD);
    return ids[choice];
}

size_t
tls_lua_issue_list(lua_State *L, int table, const char *option)
{
    int list = tls_lua_option_table(L, table, option);
    size_t count = list != 0 ? tls_lua_length(L, list) : 0;

    if (count > LIST_MAXIMUM)
        luaL_error(L, "option '%s' is too long", option);
    return count;
}

int
tls_lua_issue_element(lua_State *L, int list, size_t i, const char *option)
{
    lua_rawgeti(L, list, (int)i + 1);
    if (!lua_istable(L, -1))
        luaL_error(L, "option '%s': element %d must be a table, not %s", option, (int)i + 1,
            luaL_typename(L, -1));
    return lua_gettop(L);
}

/* strings reads a list of strings. */
static const tls_bytes *
strings(lua_State *L, tls_lua_issue_options *fields, const char *option, size_t *count)
{
    tls_bytes *values;
    int list;
    size_t i;

    *count = tls_lua_issue_list(L, fields->table, option);
    list = lua_gettop(L);
    values = tls_lua_issue_memory(L, fields, *count, sizeof *values);
    for (i = 0; i < *count; i++) {
        lua_rawgeti(L, list, (int)i + 1);
        values[i] = take_string(L, fields, option);
    }
    lua_pop(L, 1);
    return values;
}

/* ---- Names ---- */

/* read_part reads the attribute in the table at `element`. */
static void
read_part(lua_State *L, tls_lua_issue_options *fields, int element, const char *option,
    tls_name_part *part)
{
    static const char *const keys[] = {"oid", "name"};
    size_t i;

    lua_rawgeti(L, element, 1);
    for (i = 0; i < 2 && lua_isnil(L, -1); i++) {
        lua_pop(L, 1);
        lua_getfield(L, element, keys[i]);
    }
    part->type = take_string(L, fields, option);
    lua_rawgeti(L, element, 2);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_getfield(L, element, "value");
    }
    part->value = take_string(L, fields, option);
    part->joined = tls_lua_option_boolean(L, element, "joined");
}

tls_bytes
tls_lua_issue_subject(lua_State *L, tls_lua_issue_options *fields, const char *option)
{
    enum tls_reason reason;
    tls_name_part *parts;
    tls_buffer *out;
    size_t count, i;
    int list;

    lua_getfield(L, fields->table, option);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return tls_bytes_make(NULL, 0);
    }
    out = tls_lua_issue_buffer(L, fields);
    if (lua_type(L, -1) == LUA_TSTRING) {
        reason = tls_name_from_text(out, take_string(L, fields, option));
    } else {
        lua_pop(L, 1);
        count = tls_lua_issue_list(L, fields->table, option);
        list = lua_gettop(L);
        parts = tls_lua_issue_memory(L, fields, count, sizeof *parts);
        for (i = 0; i < count; i++) {
            int element = tls_lua_issue_element(L, list, i, option);

            read_part(L, fields, element, option, &parts[i]);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
        reason = tls_name_build(out, parts, count);
    }
    tls_lua_issue_refuse(fields, option, reason);
    return tls_buffer_view(out);
}

/* general_names reads a list of { type =, value = }. */
static const tls_general_name *
general_names(lua_State *L, tls_lua_issue_options *fields, int table, const char *option,
    int constraint, size_t *count)
{
    tls_general_name *names;
    int list;
    size_t i;

    *count = tls_lua_issue_list(L, table, option);
    list = lua_gettop(L);
    names = tls_lua_issue_memory(L, fields, *count, sizeof *names);
    for (i = 0; i < *count; i++) {
        int element = tls_lua_issue_element(L, list, i, option), kind;
        tls_bytes type, value;
        tls_buffer *out;

        lua_getfield(L, element, "type");
        type = take_string(L, fields, option);
        lua_getfield(L, element, "value");
        value = take_string(L, fields, option);
        lua_pop(L, 1);
        kind = tls_general_name_kind_from_text(type);
        if (kind < 0)
            luaL_error(L, "option '%s': element %d has an unknown type", option, (int)i + 1);
        names[i].kind = (enum tls_general_name_kind)kind;
        names[i].value = value;
        if (kind == TLS_NAME_OTHER || kind == TLS_NAME_X400 || kind == TLS_NAME_EDI_PARTY)
            continue;
        out = tls_lua_issue_buffer(L, fields);
        tls_lua_issue_refuse(
            fields, option, tls_general_name_from_text(out, names[i].kind, value, constraint));
        names[i].value = tls_buffer_view(out);
    }
    lua_pop(L, 1);
    return names;
}

/* ---- Extensions ---- */

static unsigned
key_usages(lua_State *L, tls_lua_issue_options *fields)
{
    size_t count, i;
    const tls_bytes *names = strings(L, fields, "key_usage", &count);
    unsigned all = 0;

    for (i = 0; i < count; i++) {
        unsigned bit = tls_key_usage_from_name(names[i]);

        if (bit == 0)
            luaL_error(L, "option 'key_usage': '%s' is not known", (const char *)names[i].data);
        all |= bit;
    }
    return all;
}

static const tls_bytes *
extended_key_usages(lua_State *L, tls_lua_issue_options *fields, size_t *count)
{
    const tls_bytes *names = strings(L, fields, "extended_key_usage", count);
    tls_bytes *values = tls_lua_issue_memory(L, fields, *count, sizeof *values);
    size_t i;

    for (i = 0; i < *count; i++) {
        tls_buffer *oid = tls_lua_issue_buffer(L, fields);

        if (!tls_extended_key_usage_from_name(oid, names[i]))
            luaL_error(
                L, "option 'extended_key_usage': '%s' is not known", (const char *)names[i].data);
        values[i] = tls_buffer_view(oid);
    }
    return values;
}

const tls_extension_view *
tls_lua_issue_extra(lua_State *L, tls_lua_issue_options *fields, const char *option, size_t *count)
{
    tls_extension_view *extensions;
    int list;
    size_t i;

    *count = tls_lua_issue_list(L, fields->table, option);
    list = lua_gettop(L);
    extensions = tls_lua_issue_memory(L, fields, *count, sizeof *extensions);
    for (i = 0; i < *count; i++) {
        int element = tls_lua_issue_element(L, list, i, option);
        tls_buffer *oid = tls_lua_issue_buffer(L, fields);
        tls_bytes text;

        lua_getfield(L, element, "oid");
        text = take_string(L, fields, option);
        lua_getfield(L, element, "value");
        extensions[i].value = take_string(L, fields, option);
        extensions[i].critical = tls_lua_option_boolean(L, element, "critical");
        lua_pop(L, 1);
        /* A Lua string has a zero byte behind it. */
        if (!tls_oid_from_text(oid, (const char *)text.data))
            tls_lua_issue_refuse(fields, option, TLS_REASON_BAD_FIELD);
        extensions[i].oid = tls_buffer_view(oid);
    }
    lua_pop(L, 1);
    return extensions;
}

static void
basic_constraints(lua_State *L, tls_lua_issue_options *fields, tls_extension_fields *out)
{
    int absent;

    lua_getfield(L, fields->table, "ca");
    absent = lua_isnil(L, -1);
    lua_pop(L, 1);
    if (!absent)
        out->basic_constraints = tls_lua_option_boolean(L, fields->table, "ca")
                                     ? TLS_BASIC_CONSTRAINTS_CA
                                     : TLS_BASIC_CONSTRAINTS_LEAF;
    lua_getfield(L, fields->table, "path_length");
    out->has_path_length = !lua_isnil(L, -1);
    lua_pop(L, 1);
    out->path_length = (unsigned)tls_lua_option_integer(
        L, fields->table, "path_length", 0, 0, TLS_PATH_LENGTH_MAXIMUM);
}

void
tls_lua_issue_extensions(lua_State *L, tls_lua_issue_options *fields, tls_extension_fields *out)
{
    int table = fields->table, constraints;

    basic_constraints(L, fields, out);
    out->key_usage = key_usages(L, fields);
    out->extended_key_usages = extended_key_usages(L, fields, &out->extended_key_usage_count);
    out->alternative_names =
        general_names(L, fields, table, "names", 0, &out->alternative_name_count);
    constraints = tls_lua_option_table(L, table, "name_constraints");
    if (constraints != 0) {
        out->permitted_names =
            general_names(L, fields, constraints, "permitted", 1, &out->permitted_name_count);
        out->excluded_names =
            general_names(L, fields, constraints, "excluded", 1, &out->excluded_name_count);
    }
    lua_pop(L, 1);
    out->subject_key_identifier = tls_lua_issue_bytes(L, fields, table, "subject_key_identifier");
    out->authority_key_identifier =
        tls_lua_issue_bytes(L, fields, table, "authority_key_identifier");
    out->ocsp_uris = strings(L, fields, "ocsp_uris", &out->ocsp_uri_count);
    out->issuer_uris = strings(L, fields, "issuer_uris", &out->issuer_uri_count);
    out->crl_uris = strings(L, fields, "crl_uris", &out->crl_uri_count);
    out->must_staple = tls_lua_option_boolean(L, table, "must_staple");
    out->extra = tls_lua_issue_extra(L, fields, "extensions", &out->extra_count);
}
