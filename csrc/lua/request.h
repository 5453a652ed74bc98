/* request.h - class "bearssl.request". */
#ifndef TLS_LUA_REQUEST_H
#define TLS_LUA_REQUEST_H

#include "object.h"
#include "issue/signing_request.h"

TLS_LUA_DECLARE_OBJECT(request, tls_certificate_request);

#endif
