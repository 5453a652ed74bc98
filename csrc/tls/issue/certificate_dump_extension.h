/* certificate_dump_extension.h - the extensions of a dump, and what its two files share. */
#ifndef TLS_CERTIFICATE_DUMP_EXTENSION_H
#define TLS_CERTIFICATE_DUMP_EXTENSION_H

#include "x509/certificate.h"

/* tls_dump_put appends a string; tls_dump_spaces that many spaces; tls_dump_number a decimal
 * number; tls_dump_hex pairs of digits with colons between them. */
void tls_dump_put(tls_buffer *out, const char *string);
void tls_dump_spaces(tls_buffer *out, unsigned count);
void tls_dump_number(tls_buffer *out, uint64_t number);
void tls_dump_hex(tls_buffer *out, tls_bytes bytes, int upper_case);
/* tls_dump_hex_lines: `per_line` bytes a line behind `indent` spaces, lower case, colons. */
void tls_dump_hex_lines(tls_buffer *out, tls_bytes bytes, unsigned indent, unsigned per_line);
/* tls_dump_time: "Jan  2 15:04:05 2026 GMT". */
void tls_dump_time(tls_buffer *out, int64_t seconds);
/* tls_dump_extensions appends all extensions of `certificate`, each line indented by `indent`. */
void tls_dump_extensions(tls_buffer *out, const tls_certificate *certificate, unsigned indent);

#endif
