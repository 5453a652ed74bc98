/* connection.h - class "bearssl.connection", which several files share. */
#ifndef TLS_LUA_CONNECTION_H
#define TLS_LUA_CONNECTION_H

#include "object.h"

#define TLS_LUA_CONNECTION "bearssl.connection"

typedef struct tls_lua_connection {
    tls_connection *connection; /* NULL once freed */
    tls_buffer collected;       /* receive.c: what a pattern has so far */
    int plain_descriptor;       /* descriptor.c: 1 + the last descriptor found to be no socket */
    unsigned busy : 8;          /* in how many tls_lua_guarded it is */
    unsigned taken : 24;        /* how often plaintext was */
} tls_lua_connection;

/* Slots of a connection object: its context, the one that a select handler gave, and that of the
 * handler's answer before, which the core uses until the next step. */
enum {
    TLS_LUA_SLOT_CONTEXT = 1,
    TLS_LUA_SLOT_SELECTED,
    TLS_LUA_SLOT_REPLACED,
    TLS_LUA_SLOTS = TLS_LUA_SLOT_REPLACED
};

/* tls_lua_connection_self: argument 1, which may have been freed.
 *
 * Any allocation in Lua may run a finalizer of the caller's, which may raise an error or call this
 * very connection. So what the core shows is turned into Lua values only under tls_lua_guarded;
 * meanwhile the methods that would move it (who ask tls_lua_connection_self) raise an error. */
tls_lua_connection *tls_lua_connection_self(lua_State *L);
/* tls_lua_connection_look is the same for methods that only look: they may be called meanwhile. */
tls_lua_connection *tls_lua_connection_look(lua_State *L);
/* tls_lua_guarded calls f(L) under lua_pcall with `data` as its only argument, a light userdata,
 * and returns the number of its results; on a freed connection, tls_lua_connection_closed. */
int tls_lua_guarded(lua_State *L, tls_lua_connection *self, lua_CFunction f, void *data);
/* tls_lua_collect pushes `wanted` bytes of plaintext, or nil while there are fewer (receive.c). */
int tls_lua_collect(lua_State *L, tls_lua_connection *self, size_t wanted);
/* tls_lua_connection_closed: what every method of a freed connection returns. */
int tls_lua_connection_closed(lua_State *L);
/* tls_lua_connection_failed pushes nil, message, code of the connection's failure;
 * tls_lua_push_failure is the same for who is guarded already. */
int tls_lua_connection_failed(lua_State *L, tls_lua_connection *self);
int tls_lua_push_failure(lua_State *L, const tls_connection *connection);
/* tls_lua_connection_refused: the same for `reason`, which a call on the connection returned. */
int tls_lua_connection_refused(lua_State *L, tls_lua_connection *self, enum tls_reason reason);
/* tls_lua_check_range: the part of string argument `data` from argument `data` + 1 to + 2, as in
 * string.sub; *first is the index of its first byte. */
tls_bytes tls_lua_check_range(lua_State *L, int data, lua_Integer *first);

/* ---- Methods of the other files ---- */
extern const luaL_Reg tls_lua_exporter_methods[];
extern const luaL_Reg tls_lua_post_handshake_methods[];
extern const luaL_Reg tls_lua_question_methods[];
extern const luaL_Reg tls_lua_receive_methods[];
extern const luaL_Reg tls_lua_renegotiation_methods[];
extern const luaL_Reg tls_lua_descriptor_methods[];

#endif
