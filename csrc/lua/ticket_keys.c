/* ticket_keys.c - class "bearssl.ticket_keys": the secrets under which servers seal sessions into
 * tickets.
 *
 *     keys = core.ticket_keys{ … }
 *     keys = core.ticket_keys_import(string)      what keys:export() gave
 *     core.seal(keys, bytes), core.unseal(keys, bytes)    for bearssl.store
 *
 * Contexts share the object: what changes in it holds for all of them at once. Every method raises
 * on an object that __close has closed; contexts that use it go on. Nothing here shows a secret but
 * export. */
#include "ticket_keys.h"

#include <time.h>

#include "bounds.h"
#include "module.h"
#include "option.h"
#include "value.h"

TLS_LUA_DEFINE_OBJECT(ticket_keys, tls_ticket_keys, "ticket keys", 0, NULL)

static int64_t
optional_time(lua_State *L, int index)
{
    return lua_isnoneornil(L, index) ? (int64_t)time(NULL) : tls_lua_check_time(L, index);
}

static unsigned
option_seconds(lua_State *L, const char *name)
{
    return (unsigned)tls_lua_option_bounded(
        L, 1, name, tls_bounds_find(tls_ticket_keys_bounds, name));
}

/* core.ticket_keys{ rotation =, overlap = seconds (86400 each), time = seconds since the epoch
 * (now) } -> keys, of which there is one | nil, message, "no_random" | "out_of_memory" */
static int
make(lua_State *L)
{
    unsigned rotation, overlap;
    int64_t now;
    enum tls_reason reason;
    tls_ticket_keys *keys = NULL;
    tls_lua_object *self;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    rotation = option_seconds(L, "rotation");
    overlap = option_seconds(L, "overlap");
    now = tls_lua_option_time(L, 1, "time", (int64_t)time(NULL));
    self = tls_lua_object_new(L, &tls_lua_ticket_keys_class);
    reason = tls_ticket_keys_new(&keys, rotation, overlap, now);
    return tls_lua_object_made(L, self, keys, reason);
}

/* core.ticket_keys_import(string) -> keys as they were when keys:export() gave the string
 * | nil, message, "bad_ticket_keys" | "no_random" | "out_of_memory" */
static int
import(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 1);
    tls_lua_object *self = tls_lua_object_new(L, &tls_lua_ticket_keys_class);
    tls_ticket_keys *keys = NULL;
    /* Made long ago, so that replacing does not keep the fresh key behind. */
    enum tls_reason reason = tls_ticket_keys_new(&keys, 1, 1, 0);

    if (reason == TLS_OK)
        reason = tls_ticket_keys_replace(keys, bytes, (int64_t)time(NULL));
    return tls_lua_object_made(L, self, keys, reason);
}

/* keys:rotate([time]) -> true: tickets are sealed under a new key from now on; the older ones still
 * open | nil, message, "no_random" */
static int
rotate(lua_State *L)
{
    enum tls_reason reason =
        tls_ticket_keys_rotate(tls_lua_check_ticket_keys(L, 1), optional_time(L, 2));

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* keys:export() -> string that holds the secrets | nil, message, "out_of_memory" */
static int export(lua_State *L)
{
    tls_buffer *out = tls_lua_buffer(L);
    enum tls_reason reason = tls_ticket_keys_export(tls_lua_check_ticket_keys(L, 1), out);

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* keys:replace(string [, time]) -> true: takes over what keys:export() gave elsewhere, rotation and
 * overlap included; keys of its own that still open are kept behind
 * | nil, message, "bad_ticket_keys" */
static int
replace(lua_State *L)
{
    tls_bytes bytes = tls_lua_check_bytes(L, 2);
    int64_t now = optional_time(L, 3);
    enum tls_reason reason = tls_ticket_keys_replace(tls_lua_check_ticket_keys(L, 1), bytes, now);

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    lua_pushboolean(L, 1);
    return 1;
}

/* keys:count() -> number of keys, those included that no longer open */
static int
count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tls_ticket_keys_count(tls_lua_check_ticket_keys(L, 1)));
    return 1;
}

static const luaL_Reg methods[] = {
    {"rotate", rotate},
    {"export", export},
    {"replace", replace},
    {"count", count},
    {NULL, NULL},
};

/* core.seal(keys, bytes) -> bytes that only the same keys open | nil, message, "out_of_memory" |
 * "no_random". Neither looks at the clock: the keys are those of bearssl.store, which say by
 * themselves how long they hold. */
static int
seal(lua_State *L)
{
    tls_ticket_keys *keys = tls_lua_check_ticket_keys(L, 1);
    tls_buffer *out = tls_lua_buffer(L);
    enum tls_reason reason = tls_ticket_seal(keys, out, tls_lua_check_bytes(L, 2), 0);

    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_finish_buffer(L, out);
    return 1;
}

/* core.unseal(keys, bytes) -> what was sealed, or nil for whatever was not sealed under them */
static int
unseal(lua_State *L)
{
    const tls_ticket_keys *keys = tls_lua_check_ticket_keys(L, 1);
    tls_buffer *out = tls_lua_buffer(L);

    if (!tls_ticket_open(keys, out, tls_lua_check_bytes(L, 2), 0))
        return 0;
    tls_lua_finish_buffer(L, out);
    return 1;
}

const luaL_Reg tls_lua_ticket_keys_functions[] = {
    {"ticket_keys", make},
    {"ticket_keys_import", import},
    {"seal", seal},
    {"unseal", unseal},
    {NULL, NULL},
};

void
tls_lua_open_ticket_keys(lua_State *L)
{
    tls_lua_object_open(L, &tls_lua_ticket_keys_class, methods, NULL);
}
