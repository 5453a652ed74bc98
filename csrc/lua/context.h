/* context.h - class "bearssl.context". */
#ifndef TLS_LUA_CONTEXT_H
#define TLS_LUA_CONTEXT_H

#include "object.h"

/* A context object must be kept (slot) by whoever gives its tls_context to a connection: the core
 * reads the clock that stands inside the object. */
TLS_LUA_DECLARE_OBJECT(context, tls_context);

#endif
