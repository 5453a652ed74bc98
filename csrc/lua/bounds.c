/* bounds.c - see bounds.h.
 *
 *     minimum, maximum, otherwise = core.bounds(kind, option) */
#include "bounds.h"

#include <stdio.h>

#include "context/bounds.h"
#include "issue/certificate_extensions.h"
#include "key/key_encrypted.h"
#include "key/key_generate.h"
#include "session/ticket.h"
#include "x509/verify.h"

#include "module.h"
#include "value.h"

/* Options that the core takes as arguments. */
static const tls_bounds connection_bounds[] = {
    {"early_data", 0, TLS_EARLY_DATA_MAXIMUM, 0},
    TLS_BOUNDS_END,
};

static const tls_bounds issue_bounds[] = {
    {"path_length", 0, TLS_PATH_LENGTH_MAXIMUM, 0},
    TLS_BOUNDS_END,
};

static const tls_bounds key_bounds[] = {
    {"bits", TLS_RSA_GENERATE_MINIMUM, TLS_RSA_MAXIMUM_BITS, TLS_RSA_GENERATE_MINIMUM},
    {"iterations", TLS_PBKDF2_ITERATIONS_MINIMUM, TLS_PBKDF2_ITERATIONS_MAXIMUM,
        TLS_PBKDF2_ITERATIONS_DEFAULT},
    TLS_BOUNDS_END,
};

static int
out_of_bounds(lua_State *L, const char *name, const tls_bounds *row, const char *what)
{
    char minimum[32], maximum[32];

    (void)snprintf(minimum, sizeof minimum, "%.0f", (double)row->minimum);
    (void)snprintf(maximum, sizeof maximum, "%.0f", (double)row->maximum);
    return luaL_error(L, "option '%s' must be %s from %s to %s", name, what, minimum, maximum);
}

/* check_bounded reads the number on the top. */
static lua_Number
check_bounded(lua_State *L, const char *name, const tls_bounds *row, int whole)
{
    const char *what = whole ? "an integer" : "a number";
    lua_Number number = lua_tonumber(L, -1);

    if (lua_type(L, -1) != LUA_TNUMBER)
        luaL_error(L, "option '%s' must be %s, not %s", name, what, luaL_typename(L, -1));
    if (!(number >= (lua_Number)row->minimum && number <= (lua_Number)row->maximum) ||
        (whole && number != (lua_Number)(uint64_t)number))
        out_of_bounds(L, name, row, what);
    return number;
}

static lua_Number
option_number(lua_State *L, int table, const char *name, const tls_bounds *row, int whole)
{
    lua_Number number = 0;

    lua_getfield(L, table, name);
    if (!lua_isnil(L, -1))
        number = check_bounded(L, name, row, whole);
    lua_pop(L, 1);
    return number;
}

uint64_t
tls_lua_option_bounded(lua_State *L, int table, const char *name, const tls_bounds *row)
{
    return (uint64_t)option_number(L, table, name, row, 1);
}

int64_t
tls_lua_option_seconds(lua_State *L, int table, const char *name, const tls_bounds *row)
{
    return (int64_t)option_number(L, table, name, row, 0);
}

unsigned
tls_lua_option_version(lua_State *L, int table, const char *name)
{
    return (unsigned)tls_lua_option_bounded(
        L, table, name, tls_bounds_find(tls_context_bounds, name));
}

/* core.bounds(kind, option) -> smallest and greatest number that it takes, and the one that stands
 * for it when it is absent, 0 for none. kind: "verify", "ticket_keys", "connection", "issue",
 * "key"; those of a context: core.context_options(). */
static int
bounds(lua_State *L)
{
    static const char *const kinds[] = {
        "verify", "ticket_keys", "connection", "issue", "key", NULL};
    const tls_bounds *tables[] = {
        tls_verify_bounds, tls_ticket_keys_bounds, connection_bounds, issue_bounds, key_bounds};
    const tls_bounds *row =
        tls_bounds_find(tables[luaL_checkoption(L, 1, NULL, kinds)], luaL_checkstring(L, 2));

    luaL_argcheck(L, row != NULL, 2, "unknown option");
    tls_lua_push_uint64(L, row->minimum);
    tls_lua_push_uint64(L, row->maximum);
    tls_lua_push_uint64(L, row->otherwise);
    return 3;
}

/* core.is_time(value) -> boolean: a number of seconds since the epoch that the core can take */
static int
is_time(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, lua_type(L, 1) == LUA_TNUMBER && tls_lua_is_time(lua_tonumber(L, 1)));
    return 1;
}

const luaL_Reg tls_lua_bounds_functions[] = {
    {"bounds", bounds},
    {"is_time", is_time},
    {NULL, NULL},
};
