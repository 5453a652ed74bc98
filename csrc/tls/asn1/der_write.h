/* der_write.h - a writer of DER (ITU-T X.690) into a tls_buffer.
 *
 * Constructed elements are opened and closed: the length is put in when it is known. Failure is
 * the buffer's: after a failed allocation nothing is written, and `out->failed` is looked at once.
 */
#ifndef TLS_DER_WRITE_H
#define TLS_DER_WRITE_H

#include "base/bytes.h"
#include "asn1/der.h"

/* tls_der_open begins an element of any tag and returns the mark that tls_der_close wants. What is
 * appended between them becomes its contents. */
size_t tls_der_open(tls_buffer *out, unsigned tag);
void tls_der_close(tls_buffer *out, size_t mark);
/* tls_der_put writes a whole element; tls_der_put_encoded appends elements that are encoded
 * already. */
void tls_der_put(tls_buffer *out, unsigned tag, tls_bytes contents);
void tls_der_put_encoded(tls_buffer *out, tls_bytes elements);

void tls_der_put_null(tls_buffer *out);
void tls_der_put_boolean(tls_buffer *out, int value);
void tls_der_put_small(tls_buffer *out, uint32_t value);
/* tls_der_put_unsigned writes a non-negative INTEGER from big-endian bytes; leading zeros are
 * dropped, no bytes at all are zero. `tag` is TLS_DER_INTEGER but for IMPLICIT tags. */
void tls_der_put_unsigned(tls_buffer *out, unsigned tag, tls_bytes number);
/* tls_der_put_oid writes an OBJECT IDENTIFIER from its contents. */
void tls_der_put_oid(tls_buffer *out, tls_bytes oid);
/* tls_der_put_bit_string writes whole bytes; tls_der_put_named_bits a named bit list, where bit n
 * is 1 << n: trailing zero bits are left out (X.690 section 11.2.2). */
void tls_der_put_bit_string(tls_buffer *out, tls_bytes bytes);
void tls_der_put_named_bits(tls_buffer *out, unsigned tag, uint32_t bits);
/* tls_der_time_is_writable returns 1 for the years 0 to 9999. tls_der_put_time writes UTCTime from
 * 1950 to 2049 and GeneralizedTime otherwise (RFC 5280 section 4.1.2.5). */
int tls_der_time_is_writable(int64_t seconds);
void tls_der_put_time(tls_buffer *out, int64_t seconds);
void tls_der_put_generalized_time(tls_buffer *out, int64_t seconds);

#endif
