/* trust.h - the certificates that one trusts without further proof, found by subject in constant
 * time.
 *
 * CA certificates are anchors: paths may end there (RFC 5280 section 6.1.1 (d)). Any certificate in
 * the store, CA or not, is also trusted directly when a peer presents exactly that one.
 *
 * A store is filled, then shared. While connections use it, certificates may be added, and the
 * whole may be replaced: every lookup sees the old contents or the new, and certificates that a
 * lookup gave stay alive as long as the store (so a verdict's path never dangles; what a
 * replacement drops is few). */
#ifndef TLS_TRUST_H
#define TLS_TRUST_H

#include "base/bytes.h"
#include "x509/certificate.h"

TLS_PUBLIC_BEGIN

typedef struct tls_trust_store tls_trust_store;

enum tls_reason tls_trust_store_new(tls_trust_store **out);
tls_trust_store *tls_trust_store_retain(tls_trust_store *store);
void tls_trust_store_release(tls_trust_store *store);

/* What tls_trust_store_load did. */
typedef struct tls_trust_load_result {
    size_t added;
    size_t duplicates; /* already in the store */
    size_t skipped;    /* blocks that could not be parsed */
    size_t unusable;   /* files without any certificate; tls_trust_store_load_files only */
} tls_trust_load_result;

/* tls_trust_store_load adds every CERTIFICATE (also "TRUSTED CERTIFICATE", "X509 CERTIFICATE") of a
 * PEM bundle, or one DER certificate. What cannot be parsed is counted and skipped; if nothing at
 * all could be used: TLS_REASON_BAD_PEM, or TLS_REASON_BAD_CERTIFICATE if there were blocks.
 * `result` may be NULL. */
enum tls_reason tls_trust_store_load(
    tls_trust_store *store, tls_trust_load_result *result, tls_bytes bytes);
/* tls_trust_store_add takes a count of its own. Adding a certificate twice is fine. */
enum tls_reason tls_trust_store_add(tls_trust_store *store, tls_certificate *certificate);

/* tls_trust_store_load_files loads the contents of `count` files, such as those of a directory; one
 * without a certificate is counted in result->unusable and passed over. If nothing at all could be
 * used: TLS_REASON_BAD_PEM, or TLS_REASON_BAD_CERTIFICATE if there were blocks. */
enum tls_reason tls_trust_store_load_files(
    tls_trust_store *store, tls_trust_load_result *result, const tls_bytes *files, size_t count);

/* tls_trust_store_replace gives `store` the contents of `replacement`, which stays as it is:
 * everyone who holds `store` sees them from then on. On failure (TLS_REASON_OUT_OF_MEMORY) nothing
 * has changed. A certificate that is in both keeps being the same object. */
enum tls_reason tls_trust_store_replace(tls_trust_store *store, const tls_trust_store *replacement);

size_t tls_trust_store_count(const tls_trust_store *store);
/* tls_trust_store_generation counts the changes to its contents: two equal numbers of one store
 * mean the same certificates, the same objects. */
uint64_t tls_trust_store_generation(const tls_trust_store *store);
/* tls_trust_store_at: the `index`th in order of adding, or NULL. The store keeps it alive. */
tls_certificate *tls_trust_store_at(const tls_trust_store *store, size_t index);

/* tls_trust_store_find walks the certificates whose subject has this digest (tls_name_digest).
 * Start with `*position` 0; returns NULL after the last. */
const tls_certificate *tls_trust_store_find(const tls_trust_store *store, size_t *position,
    const unsigned char subject_digest[TLS_NAME_DIGEST_LENGTH]);
/* tls_trust_store_contains returns the stored certificate with exactly these DER bytes, or NULL. */
const tls_certificate *tls_trust_store_contains(const tls_trust_store *store, tls_bytes der);

TLS_PUBLIC_END

#endif
