/* certificate_dump.h - a certificate for people to read, as `openssl x509 -text` prints it. */
#ifndef TLS_CERTIFICATE_DUMP_H
#define TLS_CERTIFICATE_DUMP_H

#include "x509/certificate.h"
#include "issue/signing_request.h"

TLS_PUBLIC_BEGIN

/* tls_certificate_dump appends the text. Names are in RFC 4514 form; the rest is laid out as
 * OpenSSL 3 does. Extensions that are not known are dumped in hex. It holds no control characters
 * but line ends. */
void tls_certificate_dump(tls_buffer *out, const tls_certificate *certificate);
/* tls_certificate_request_dump: as `openssl req -text`. */
void tls_certificate_request_dump(tls_buffer *out, const tls_certificate_request *request);

TLS_PUBLIC_END

#endif
