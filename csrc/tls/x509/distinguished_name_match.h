/* distinguished_name_match.h - comparison of Names after RFC 5280 section 7.1: strings of different
 * types are the same when their characters are, in any case, blanks at the ends and how many stand
 * between words aside; the attributes of one RelativeDistinguishedName are a set. */
#ifndef TLS_DISTINGUISHED_NAME_MATCH_H
#define TLS_DISTINGUISHED_NAME_MATCH_H

#include "x509/distinguished_name.h"

TLS_PUBLIC_BEGIN

#define TLS_NAME_DIGEST_LENGTH 32

/* tls_name_digest is SHA-256 of a form that is the same for equal names and for no others. A value
 * that cannot be compared as text (another type, or not valid in its own) is equal to the same
 * encoding only. */
void tls_name_digest(unsigned char out[TLS_NAME_DIGEST_LENGTH], tls_bytes name);
int tls_name_equal(tls_bytes a, tls_bytes b);

/* tls_name_is_within returns 1 if the RDNs of `base` begin `name` (section 4.2.1.10,
 * directoryName). When `excluded`, also if that cannot be ruled out: a value of a type that is not
 * text, characters that are not valid or whose case and composition are not known here. */
int tls_name_is_within(tls_bytes name, tls_bytes base, int excluded);

TLS_PUBLIC_END

#endif
