/* distinguished_name.h - the Name of RFC 5280 section 4.1.2.4: its attributes in order, its text
 * (RFC 4514), and its strings. A name is given as its whole DER element, SEQUENCE header included.
 * Comparison is distinguished_name_match.h's. */
#ifndef TLS_DISTINGUISHED_NAME_H
#define TLS_DISTINGUISHED_NAME_H

#include "base/bytes.h"
#include "asn1/der.h"

TLS_PUBLIC_BEGIN

typedef struct tls_name_attribute {
    tls_bytes oid;   /* contents of the type's OID */
    tls_bytes value; /* contents of the value as encoded */
    unsigned tag;    /* its string type, enum tls_der_tag */
    unsigned rdn;    /* which RelativeDistinguishedName, from 0; equal for multi-valued ones */
} tls_name_attribute;

typedef struct tls_name_reader {
    tls_der rdns;
    tls_der attributes;
    unsigned rdn;
    int started;
} tls_name_reader;

/* tls_name_begin / tls_name_next walk the attributes in the order of the encoding. next returns 1
 * and fills `attribute`, or 0 at the end. */
void tls_name_begin(tls_name_reader *reader, tls_bytes name);
int tls_name_next(tls_name_reader *reader, tls_name_attribute *attribute);
/* tls_name_check returns 1 if the name is well formed (possibly empty). Certificates that were
 * parsed have passed it. */
int tls_name_check(tls_bytes name);
/* tls_name_is_empty returns 1 for a name without attributes. */
int tls_name_is_empty(tls_bytes name);

/* tls_name_string_utf8 appends a directory string as UTF-8: UTF8String, PrintableString, IA5String,
 * NumericString, VisibleString, T61String (read as Latin-1, as everybody does), BMPString,
 * UniversalString. What is not valid in its type becomes U+FFFD. Other types give "#" and hex
 * digits (RFC 4514 section 2.4); returns 0 then, else 1. */
int tls_name_string_utf8(tls_buffer *out, unsigned tag, tls_bytes value);
/* tls_name_is_string: is `tag` one of these types? */
int tls_name_is_string(unsigned tag);
/* tls_name_next_character reads one code point of a string of such a type at `*at`, below its
 * length, and moves `*at` behind it; U+FFFD for what is not valid in the type. */
uint32_t tls_name_next_character(unsigned tag, tls_bytes text, size_t *at);
/* tls_name_attribute_keyword: "CN", "O", "DC", ... or NULL if the type has none. */
const char *tls_name_attribute_keyword(tls_bytes oid);
/* tls_name_attribute_oid: the OID contents of a keyword in any case of letters, or empty. */
tls_bytes tls_name_attribute_oid(tls_bytes keyword);
/* tls_name_text appends the RFC 4514 string: last RDN first, escaped; unknown types dotted with the
 * value in hex. The text is UTF-8 without a NUL. */
void tls_name_text(tls_buffer *out, tls_bytes name);

TLS_PUBLIC_END

#endif
