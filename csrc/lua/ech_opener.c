/* ech_opener.c - class "bearssl.ech_opener": opens the hellos of one client for a server in front
 * of others (RFC 9849 section 3.1). lua/bearssl/ech_opener.lua finds them in records.
 *
 *     opener = core.ech_opener(keys) */
#include "ech_keys.h"

#include "handshake/ech.h"

#include "module.h"
#include "value.h"

#define CLASS "bearssl.ech_opener"

typedef struct ech_opener {
    tls_ech ech;
    int opened; /* the first hello was */
    tls_kept_hello outer, inner;
} ech_opener;

static void
forget_hellos(ech_opener *self)
{
    tls_kept_hello_release(&self->outer);
    tls_kept_hello_release(&self->inner);
}

static int
collect(lua_State *L)
{
    ech_opener *self = luaL_checkudata(L, 1, CLASS);

    forget_hellos(self);
    tls_ech_keys_release(self->ech.keys);
    tls_wipe(self, sizeof *self);
    return 0;
}

/* opener:open(hello) -> the inner ClientHello, its server name or nil, whether it offers early data
 * | false: it has nothing that the keys open, which is no failure of a first hello
 * | nil, message, code. The first hello, and once it was opened the one after HelloRetryRequest. */
static int
open_hello(lua_State *L)
{
    ech_opener *self = luaL_checkudata(L, 1, CLASS);
    const tls_client_hello *inner = &self->inner.hello;
    enum tls_reason reason = tls_kept_hello_take(&self->outer, tls_lua_check_bytes(L, 2));
    int opened = 0;

    if (reason == TLS_OK && (self->opened || tls_ech_is_offered(&self->outer.hello)))
        reason = tls_ech_open(&self->ech, &self->inner, &self->outer, !self->opened, &opened);
    if (reason != TLS_OK) {
        forget_hellos(self);
        return tls_lua_failure(L, reason);
    }
    lua_settop(L, 1);
    if (!opened) {
        lua_pushboolean(L, 0);
        return 1;
    }
    self->opened = 1;
    tls_lua_push_bytes(L, tls_buffer_view(&self->inner.raw));
    if (inner->server_name.length > 0)
        tls_lua_push_bytes(L, inner->server_name);
    else
        lua_pushnil(L);
    lua_pushboolean(L, inner->early_data_offered);
    forget_hellos(self);
    return 3;
}

/* core.ech_opener(keys) -> opener */
static int
make(lua_State *L)
{
    tls_ech_keys *keys = tls_lua_check_ech_keys(L, 1);
    ech_opener *self = tls_lua_new(L, CLASS, sizeof *self, 0);

    self->ech.keys = tls_ech_keys_retain(keys);
    return 1;
}

static const luaL_Reg methods[] = {{"open", open_hello}, {NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", collect}, {NULL, NULL}};
const luaL_Reg tls_lua_ech_opener_functions[] = {{"ech_opener", make}, {NULL, NULL}};

void
tls_lua_open_ech_opener(lua_State *L)
{
    tls_lua_class(L, CLASS, methods, metamethods);
}
