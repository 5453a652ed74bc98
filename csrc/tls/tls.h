/* tls.h - the public interface of the TLS core: the rooms' public headers. */
#ifndef TLS_H
#define TLS_H

#include "connection/connection.h"

#endif
