/* certificates.h - self-signed certificates for localhost in PEM, valid for a century, made with
 * openssl genpkey/ecparam/req, and their keys. They protect nothing. */
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

extern const char ec_key[];
extern const char ec_certificate[];
extern const char rsa_key[];
extern const char rsa_certificate[];
extern const char p384_key[];
extern const char p384_certificate[];
extern const char p521_key[];
extern const char p521_certificate[];
extern const char pss_key[];
extern const char pss_certificate[];
/* Its key usage is keyAgreement alone. */
extern const char agreement_key[];
extern const char agreement_certificate[];

#endif
