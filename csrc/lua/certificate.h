/* certificate.h - class "bearssl.certificate". */
#ifndef TLS_LUA_CERTIFICATE_H
#define TLS_LUA_CERTIFICATE_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(certificate, tls_certificate);

void tls_lua_push_certificate(lua_State *L, const tls_certificate *certificate);
/* tls_lua_push_certificate_der parses; TLS_OK and the object, or the reason and nothing pushed. */
enum tls_reason tls_lua_push_certificate_der(lua_State *L, tls_bytes der);
/* tls_lua_push_chain pushes a list of certificate objects. */
void tls_lua_push_chain(lua_State *L, const tls_certificate *const *chain, size_t count);

#endif
