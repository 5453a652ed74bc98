/* distinguished_name_build.h - writing the Name of RFC 5280 section 4.1.2.4, from attributes or
 * from text. */
#ifndef TLS_DISTINGUISHED_NAME_BUILD_H
#define TLS_DISTINGUISHED_NAME_BUILD_H

#include "base/bytes.h"
#include "x509/distinguished_name.h"

TLS_PUBLIC_BEGIN

#define TLS_NAME_PARTS_MAXIMUM 64

/* One attribute, as a caller gives it. */
typedef struct tls_name_part {
    tls_bytes type;  /* a keyword in any case ("CN", "emailAddress") or a dotted OID */
    tls_bytes value; /* UTF-8, or with `encoded` one whole DER element */
    int encoded;
    int joined; /* belongs to the same RelativeDistinguishedName as the part before */
} tls_name_part;

/* tls_name_type appends the OID contents of a keyword or dotted OID; returns 0 for an unknown one.
 */
int tls_name_type(tls_buffer *out, tls_bytes type);

/* tls_name_build appends a Name, its parts in the order of the encoding (most significant first).
 * The string types are those of RFC 5280 appendix A: IA5String for emailAddress and DC,
 * PrintableString for C, serialNumber and dnQualifier, UTF8String for the rest. No parts make the
 * empty name. TLS_REASON_BAD_NAME: an unknown type, an empty value, one that is not UTF-8 or that
 * its type cannot hold, a country that is not two letters; TLS_REASON_LIMIT above
 * TLS_NAME_PARTS_MAXIMUM. */
enum tls_reason tls_name_build(tls_buffer *out, const tls_name_part *parts, size_t count);

/* tls_name_from_text appends the Name of an RFC 4514 string: last RDN first, "+" between attributes
 * of one RDN, "\" escapes, "#" and hex digits for a value in BER. Spaces around separators are
 * passed over. What tls_name_text writes reads back to an equal name. TLS_REASON_BAD_NAME. */
enum tls_reason tls_name_from_text(tls_buffer *out, tls_bytes text);

TLS_PUBLIC_END

#endif
