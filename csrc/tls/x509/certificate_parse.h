/* certificate_parse.h - parsing that certificates share with requests, CRLs and OCSP responses; for
 * those files of csrc/tls only. */
#ifndef TLS_CERTIFICATE_PARSE_H
#define TLS_CERTIFICATE_PARSE_H

#include "x509/certificate.h"

/* tls_certificate_parse fills every field from `out->der`. The other fields are zero
 * before. */
enum tls_reason tls_certificate_parse(tls_certificate *out);
/* tls_certificate_parse_extensions fills what comes from `certificate->extensions`; path_length
 * must be -1 and key_usage all ones before. Returns 0 if an extension is malformed or there twice.
 */
int tls_certificate_parse_extensions(tls_certificate *certificate);
/* tls_general_subtree_next: the base of the next GeneralSubtree (RFC 5280 section 4.2.1.10). */
int tls_general_subtree_next(tls_der *reader, tls_general_name *base);

#endif
