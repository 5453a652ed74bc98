/* certificate_parse.h - between certificate.c and certificate_parse.c; nobody else needs it. */
#ifndef TLS_CERTIFICATE_PARSE_H
#define TLS_CERTIFICATE_PARSE_H

#include "certificate.h"

/* tls_certificate_parse fills every field from `out->der`. The other fields are zero before. */
enum tls_reason tls_certificate_parse(tls_certificate *out);
/* tls_general_subtree_next: the base of the next GeneralSubtree (RFC 5280 section 4.2.1.10). */
int tls_general_subtree_next(tls_der *reader, tls_general_name *base);

#endif
