/* hostname.h - service identity, RFC 9525 (which replaces RFC 6125): matching the name a client
 * meant to reach against subjectAltName. The common name is never looked at (RFC 9525 section 2): a
 * certificate without subjectAltName matches nothing. */
#ifndef TLS_HOSTNAME_H
#define TLS_HOSTNAME_H

#include "base/bytes.h"
#include "x509/certificate.h"

TLS_PUBLIC_BEGIN

/* tls_address_parse reads an IPv4 dotted quad or an IPv6 address (RFC 4291 section 2.2, brackets
 * allowed, no zone). Returns 4 or 16, the length put into `out`; 0 if the text is not an address.
 */
size_t tls_address_parse(unsigned char out[16], tls_bytes text);
/* tls_address_text appends the text of a 4- or 16-byte address (RFC 5952). */
void tls_address_text(tls_buffer *out, tls_bytes address);

/* tls_hostname_is_valid returns 1 if the text can be a DNS host name in A-label form: letters,
 * digits, hyphen and underscore, labels of 1..63, 253 in all, optional trailing dot. */
int tls_hostname_is_valid(tls_bytes name);
/* tls_hostname_match compares a dNSName with a host name: ASCII case-insensitively; "*" only as the
 * whole left-most label, for exactly one label, with at least two labels after it. */
int tls_hostname_match(tls_bytes pattern, tls_bytes name);
/* tls_hostname_verify: TLS_OK if the certificate is for `name`, a DNS name or an IP address;
 * TLS_REASON_NAME_MISMATCH otherwise. */
enum tls_reason tls_hostname_verify(const tls_certificate *certificate, tls_bytes name);

TLS_PUBLIC_END

#endif
