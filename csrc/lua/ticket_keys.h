/* ticket_keys.h - class "bearssl.ticket_keys". */
#ifndef TLS_LUA_TICKET_KEYS_H
#define TLS_LUA_TICKET_KEYS_H

#include "object.h"

TLS_LUA_DECLARE_OBJECT(ticket_keys, tls_ticket_keys);

#endif
