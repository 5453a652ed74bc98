/* ocsp.h - class "bearssl.ocsp_response". */
#ifndef TLS_LUA_OCSP_H
#define TLS_LUA_OCSP_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(ocsp_response, tls_ocsp_response);

#endif
