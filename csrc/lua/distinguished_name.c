/* distinguished_name.c - Names of X.501 and object identifiers as Lua values. */
#include "distinguished_name.h"

#include "x509/distinguished_name.h"

#include "value.h"

void
tls_lua_set_oid(lua_State *L, const char *field, tls_bytes oid)
{
    tls_buffer *text = tls_lua_buffer(L);

    tls_oid_text(text, oid);
    tls_lua_finish_buffer(L, text);
    lua_setfield(L, -2, field);
}

/* push_attributes pushes the list of a name's attributes in the order of the encoding. */
static void
push_attributes(lua_State *L, tls_bytes name)
{
    tls_name_reader reader;
    tls_name_attribute attribute;
    unsigned last = 0;
    int count = 0;

    lua_newtable(L);
    tls_name_begin(&reader, name);
    while (tls_name_next(&reader, &attribute)) {
        tls_buffer *value;

        lua_createtable(L, 0, 3);
        tls_lua_set_oid(L, "oid", attribute.oid);
        tls_lua_set_string(L, "name", tls_name_attribute_keyword(attribute.oid));
        value = tls_lua_buffer(L);
        tls_name_string_utf8(value, attribute.tag, attribute.value);
        tls_lua_finish_buffer(L, value);
        lua_setfield(L, -2, "value");
        if (count > 0 && attribute.rdn == last)
            tls_lua_set_boolean(L, "joined", 1);
        last = attribute.rdn;
        lua_rawseti(L, -2, ++count);
    }
}

void
tls_lua_push_name_text(lua_State *L, tls_bytes name)
{
    tls_buffer *text = tls_lua_buffer(L);

    tls_name_text(text, name);
    tls_lua_finish_buffer(L, text);
}

void
tls_lua_push_name(lua_State *L, tls_bytes name)
{
    if (tls_name_check(name)) {
        push_attributes(L, name);
        tls_lua_push_name_text(L, name);
        lua_setfield(L, -2, "text");
    } else {
        lua_newtable(L);
    }
    tls_lua_set_bytes(L, "der", name);
}

int
tls_lua_push_name_pair(lua_State *L, tls_bytes name)
{
    push_attributes(L, name);
    tls_lua_push_name_text(L, name);
    return 2;
}
