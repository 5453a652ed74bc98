/* server_name.h - what a client may ask for: a DNS name in A-label form (RFC 6066 section 3) or an
 * address. */
#ifndef TLS_SERVER_NAME_H
#define TLS_SERVER_NAME_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

/* tls_server_name_check returns 1 if `name` is one. If not, it returns 0 and appends what it is and
 * what to give instead: "it has a port: give \"example.org\" alone". */
int tls_server_name_check(tls_buffer *fault, tls_bytes name);
/* tls_server_name_canonical: the name without the trailing dot that RFC 6066 section 3 leaves out;
 * an address as it is. */
tls_bytes tls_server_name_canonical(tls_bytes name);

TLS_PUBLIC_END

#endif
