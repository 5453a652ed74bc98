/* verdict_cache.h - good verdicts on whole chains, remembered for a moment: a client that opens a
 * hundred connections to one server is shown the same chain a hundred times, and RSA-4096 or P-384
 * make judging it dearer than the rest of the handshake.
 *
 * Why this is no way around authentication:
 *
 * What is remembered is only that tls_verify found a whole chain good. What failed is judged anew
 * each time, and so is what is not remembered, for whatever reason. That the peer has the key is
 * proven in every handshake, by its signature and by Finished: this cache never hears of them.
 *
 * An entry is found by SHA-256 over everything that tls_verify looks at but for trust and time:
 * each certificate's length and DER, in order, so that no byte of any is without effect; the name;
 * and every other field of the request, which verdict_cache.c writes down one by one.
 *
 * Trust: one cache belongs to one context and one store, and does not outlive the store's contents:
 * another generation of them empties it.
 *
 * Time: an entry holds for TLS_VERDICT_SECONDS from when the chain was judged and no longer than
 * each certificate of its path is valid, clock skew or not; and not before it was judged, should
 * the clock be set back. So whatever time it is found at, tls_verify would find that path good.
 *
 * Revocation: where CRLs or a status are asked for, or an OCSP response came, all of which have
 * times of their own, nothing is remembered and nothing is looked up.
 *
 * Memory: a peer can only fill it with chains that verify, and it has a fixed number of entries:
 * the one that was not used for longest makes room. They hold digests and places in a chain,
 * nothing to wipe; the one pointer in them is to a certificate of the store, which keeps all that
 * it ever had, and which the context keeps. Servers have no cache unless told to, since there the
 * peers are strangers with certificates, and their chains are seldom the same.
 *
 * What it does tell: who measures how long a chain takes learns that this context judged the same
 * one under the same name a moment ago, as a session that is kept tells too. */
#ifndef TLS_VERDICT_CACHE_H
#define TLS_VERDICT_CACHE_H

#include "x509/verify.h"

#define TLS_VERDICT_SECONDS 60

typedef struct tls_verdict_cache tls_verdict_cache;

/* tls_verdict_cache_new: of `size` entries, 1 and up; they are searched from one end to the other.
 * What goes by another trust store than `trust`, which outlives it, is not remembered. NULL without
 * memory. */
tls_verdict_cache *tls_verdict_cache_new(const tls_trust_store *trust, size_t size);
void tls_verdict_cache_free(tls_verdict_cache *cache);

/* tls_verify_cached is tls_verify, or what it said before. *found: it was said before. cache: NULL
 * for none. */
enum tls_reason tls_verify_cached(
    tls_verdict_cache *cache, tls_verdict *out, const tls_verify_request *in, int *found);

#endif
