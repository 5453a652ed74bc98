/* name_constraints.h - RFC 5280 section 4.2.1.10. */
#ifndef TLS_NAME_CONSTRAINTS_H
#define TLS_NAME_CONSTRAINTS_H

#include "x509/certificate.h"

/* tls_name_constraints_permit returns 1 if the subject and the alternative names of `certificate`
 * obey the nameConstraints of `authority` (or it has none). `budget` bounds the comparisons of one
 * verification, because a peer chooses both lists; when it is used up the answer is 0. On 0,
 * `offender` tells which name it was; its value may be empty. */
int tls_name_constraints_permit(const tls_certificate *authority,
    const tls_certificate *certificate, unsigned long *budget, tls_general_name *offender);

/* tls_address_mask_is_valid: ones, then zeros, as CIDR has it (RFC 4632 section 5.1). */
int tls_address_mask_is_valid(tls_bytes mask);

#endif
