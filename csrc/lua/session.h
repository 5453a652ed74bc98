/* session.h - class "bearssl.session". */
#ifndef TLS_LUA_SESSION_H
#define TLS_LUA_SESSION_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(session, tls_session);

void tls_lua_push_session(lua_State *L, const tls_session *session);

#endif
