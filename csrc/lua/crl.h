/* crl.h - class "bearssl.crl". */
#ifndef TLS_LUA_CRL_H
#define TLS_LUA_CRL_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(crl, tls_crl);

#endif
