/* corpus.h - the files that a corpus script made (corpus.sh), in the directory which a test gets as
 * its first argument. What cannot be read ends the program. */
#ifndef CORPUS_H
#define CORPUS_H

#include "key/key.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/ocsp.h"

#define CORPUS_BUNDLE "/etc/ssl/certs/ca-certificates.crt" /* the system's certificates */
#define CORPUS_PATH_MAXIMUM 512

/* corpus_begin takes DIRECTORY [ROUNDS of random mutations]. */
void corpus_begin(int argc, char **argv);
unsigned corpus_rounds(unsigned usual);
const char *corpus_directory(void);

/* Names are of files in the directory, or whole paths. */
tls_bytes corpus_read(const char *name);
void corpus_free(tls_bytes bytes);
void corpus_write(const char *name, tls_bytes bytes);
void corpus_write_pem(const char *name, const char *label, tls_bytes der);

/* These add the ending: .pem, .key, .crl, .ocsp. */
tls_certificate *corpus_certificate(const char *name);
tls_private_key *corpus_key(const char *name);
tls_crl *corpus_crl(const char *name);
tls_ocsp_response *corpus_ocsp(const char *name);

/* corpus_now: the files may have been made a moment ago. */
int64_t corpus_now(void);
tls_revocation_policy corpus_policy(void);

#endif
