/* trust.h - class "bearssl.trust". */
#ifndef TLS_LUA_TRUST_H
#define TLS_LUA_TRUST_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(trust, tls_trust_store);

#endif
