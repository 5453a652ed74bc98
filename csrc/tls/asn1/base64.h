/* base64.h - RFC 4648 section 4. Private keys are written in it, so nothing here depends on what a
 * digit stands for but arithmetic: no table, no branch. Where digits, line ends and padding stand
 * is no secret. */
#ifndef TLS_BASE64_H
#define TLS_BASE64_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

/* tls_base64_decode appends the decoded bytes; white space is skipped, padding must be right or
 * absent. Returns 0 on bad input. tls_base64_encode appends unbroken base64. */
int tls_base64_decode(tls_buffer *out, tls_bytes text);
void tls_base64_encode(tls_buffer *out, tls_bytes bytes);

TLS_PUBLIC_END

#endif
