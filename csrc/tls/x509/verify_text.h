/* verify_text.h - the sentence of a verdict; only verify.c needs it. */
#ifndef TLS_VERIFY_TEXT_H
#define TLS_VERIFY_TEXT_H

#include "x509/verify_revocation.h"

/* tls_verdict_describe writes verdict->text for verdict->reason. `certificate` is the one at fault
 * (may be NULL); `offender` the name that a constraint forbids; `revocation` what CRLs and OCSP
 * responses say, for the reasons that come from them. Both may be NULL for other reasons. */
void tls_verdict_describe(tls_verdict *verdict, const tls_verify_request *request,
    const tls_certificate *certificate, const tls_general_name *offender,
    const tls_revocation *revocation);

#endif
