/* issued.h - certificates that we issued, as openssl sees them. */
#ifndef ISSUED_H
#define ISSUED_H

#include "x509/certificate.h"

/* check_issued writes the certificate to a file, and checks that our dump of it is openssl's. */
void check_issued(const char *file, const tls_certificate *certificate);

#endif
