/* ech_keys.h - class "bearssl.ech_keys". */
#ifndef TLS_LUA_ECH_KEYS_H
#define TLS_LUA_ECH_KEYS_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(ech_keys, tls_ech_keys);

#endif
