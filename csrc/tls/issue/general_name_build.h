/* general_name_build.h - writing the GeneralName of RFC 5280 section 4.2.1.6. */
#ifndef TLS_GENERAL_NAME_BUILD_H
#define TLS_GENERAL_NAME_BUILD_H

#include "x509/certificate.h"

TLS_PUBLIC_BEGIN

/* tls_general_name_from_text appends the `value` that a tls_general_name of this kind holds:
 *   TLS_NAME_DNS, _EMAIL, _URI   the text, which must be ASCII and have the shape of one
 *   TLS_NAME_IP                  "192.0.2.1", "2001:db8::1"
 *   TLS_NAME_DIRECTORY           an RFC 4514 name
 *   TLS_NAME_REGISTERED_ID       a dotted OID
 * With `constraint` it is the base of a name constraint (section 4.2.1.10): an address takes "/24"
 * or
 * "/255.255.255.0", hosts may begin with a dot. TLS_REASON_BAD_NAME; also for other kinds, whose
 * value must be given as it is encoded. */
enum tls_reason tls_general_name_from_text(
    tls_buffer *out, enum tls_general_name_kind kind, tls_bytes text, int constraint);

/* tls_general_name_kind_from_text: the inverse of tls_general_name_kind_name, in any case; -1. */
int tls_general_name_kind_from_text(tls_bytes text);

/* tls_general_name_write appends the element. `value` is what parsing gives: for TLS_NAME_OTHER,
 * _X400 and _EDI_PARTY the contents. */
void tls_general_name_write(tls_buffer *out, const tls_general_name *name);
/* tls_general_names_write appends the elements of a GeneralNames, without its header. */
void tls_general_names_write(tls_buffer *out, const tls_general_name *names, size_t count);

TLS_PUBLIC_END

#endif
