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
/* tls_signature_algorithm_parse reads a whole AlgorithmIdentifier. Returns 0 if it is malformed. */
int tls_signature_algorithm_parse(tls_signature_algorithm *out, tls_bytes whole);
/* tls_pss_key_allows: may a key that is for PSS only have made this signature? Its parameters,
 * where it has any, name the hashes and the shortest salt (RFC 4055 section 1.2); those that are
 * not understood allow nothing. */
int tls_pss_key_allows(const tls_public_key *key, const tls_signature_algorithm *algorithm);
/* tls_hash_algorithm_read reads the AlgorithmIdentifier of a hash: br_sha1_ID .. br_sha512_ID, or
 * 0. */
int tls_hash_algorithm_read(tls_der *der);
/* tls_general_subtree_next: the base of the next GeneralSubtree (RFC 5280 section 4.2.1.10). */
int tls_general_subtree_next(tls_der *reader, tls_general_name *base);

#endif
