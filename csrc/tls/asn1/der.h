/* der.h - a strict reader of DER (ITU-T X.690), object identifiers, and X.509 times.
 *
 * Definite, minimal lengths and one-byte tags only. Failure is sticky: after the first error every
 * read returns an empty view or 0 and tls_der_failed says so, so a parser reads a whole structure
 * and checks once. Nothing is copied; views point into the input. Nesting is bounded by
 * TLS_DER_DEPTH. */
#ifndef TLS_DER_H
#define TLS_DER_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

#define TLS_DER_DEPTH 16

enum tls_der_tag {
    TLS_DER_BOOLEAN = 0x01,
    TLS_DER_INTEGER = 0x02,
    TLS_DER_BIT_STRING = 0x03,
    TLS_DER_OCTET_STRING = 0x04,
    TLS_DER_NULL = 0x05,
    TLS_DER_OID = 0x06,
    TLS_DER_ENUMERATED = 0x0A,
    TLS_DER_UTF8_STRING = 0x0C,
    TLS_DER_NUMERIC_STRING = 0x12,
    TLS_DER_PRINTABLE_STRING = 0x13,
    TLS_DER_T61_STRING = 0x14,
    TLS_DER_IA5_STRING = 0x16,
    TLS_DER_UTC_TIME = 0x17,
    TLS_DER_GENERALIZED_TIME = 0x18,
    TLS_DER_VISIBLE_STRING = 0x1A,
    TLS_DER_UNIVERSAL_STRING = 0x1C,
    TLS_DER_BMP_STRING = 0x1E,
    TLS_DER_SEQUENCE = 0x30,
    TLS_DER_SET = 0x31
};

/* Context-specific tags: [n] IMPLICIT of a primitive type, and [n] constructed or EXPLICIT. */
#define TLS_DER_CONTEXT(n) (0x80u | (unsigned)(n))
#define TLS_DER_CONTEXT_CONSTRUCTED(n) (0xA0u | (unsigned)(n))

/* A zero-initialised reader is valid and at its end. */
typedef struct tls_der {
    const unsigned char *next;
    const unsigned char *end;
    int depth;
    int failed;
} tls_der;

void tls_der_init(tls_der *der, tls_bytes input);
int tls_der_failed(const tls_der *der);
/* tls_der_fail makes the reader fail: for checks that the caller makes on the contents. */
void tls_der_fail(tls_der *der);
/* tls_der_at_end returns 1 when nothing is left or the reader has failed. */
int tls_der_at_end(const tls_der *der);
/* tls_der_peek returns the next tag, or -1 at the end or after a failure. */
int tls_der_peek(const tls_der *der);

/* tls_der_read reads one element of the given tag and returns its contents. */
tls_bytes tls_der_read(tls_der *der, unsigned tag);
/* tls_der_read_any reads one element of any tag. `tag` and `whole` (header and contents) may be
 * NULL. */
tls_bytes tls_der_read_any(tls_der *der, unsigned *tag, tls_bytes *whole);
/* tls_der_read_whole is tls_der_read, but returns header and contents. */
tls_bytes tls_der_read_whole(tls_der *der, unsigned tag);
/* tls_der_optional returns 1 and reads the element if the next tag is `tag`, else 0. */
int tls_der_optional(tls_der *der, tls_bytes *contents, unsigned tag);

/* tls_der_enter reads a constructed element and sets `inner` to read its contents; `inner` is
 * failed if that fails. tls_der_leave demands that `inner` was read to its end and hands on its
 * failure. */
void tls_der_enter(tls_der *der, tls_der *inner, unsigned tag);
void tls_der_leave(tls_der *der, const tls_der *inner);
/* tls_der_finish returns 1 if everything was read without a failure. */
int tls_der_finish(const tls_der *der);

int tls_der_boolean(tls_der *der);
/* tls_der_integer returns the contents of an INTEGER in its minimal two's-complement form. */
tls_bytes tls_der_integer(tls_der *der);
/* tls_der_unsigned returns a non-negative INTEGER without its leading zero byte; empty for zero. */
tls_bytes tls_der_unsigned(tls_der *der);
/* tls_der_small reads an INTEGER from 0 to `maximum`. */
uint32_t tls_der_small(tls_der *der, uint32_t maximum);
/* tls_der_bit_string returns the bytes; unused trailing bits must be zero. Pass NULL for `unused`
 * to demand a whole number of bytes. */
tls_bytes tls_der_bit_string(tls_der *der, unsigned *unused);
/* tls_der_oid returns the contents of a well-formed OBJECT IDENTIFIER. */
tls_bytes tls_der_oid(tls_der *der);
/* tls_der_time reads a UTCTime or GeneralizedTime in the forms that RFC 5280 section 4.1.2.5
 * allows, and returns seconds since 1970-01-01T00:00:00Z. */
int64_t tls_der_time(tls_der *der);

/* tls_oid_text appends the dotted form ("2.5.4.3") of an OID's contents. */
void tls_oid_text(tls_buffer *out, tls_bytes oid);
/* tls_oid_from_text appends the DER contents of a dotted OID. Returns 0 if the text is not one. */
int tls_oid_from_text(tls_buffer *out, const char *text);

/* tls_time_from_date: seconds since the epoch of a UTC date in the proleptic Gregorian calendar. */
int64_t tls_time_from_date(int year, int month, int day, int hour, int minute, int second);
/* tls_time_text writes "2026-01-31T23:59:59Z" and a NUL; years are clamped to 0..9999. */
void tls_time_text(char out[21], int64_t seconds);

TLS_PUBLIC_END

#endif
