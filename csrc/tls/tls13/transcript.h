/* transcript.h - Transcript-Hash (RFC 8446 section 4.4.1): the hash of handshake messages as they
 * were sent, headers included. Two hashes run until the suite says which one is meant. */
#ifndef TLS_TRANSCRIPT_H
#define TLS_TRANSCRIPT_H

#include <bearssl.h>

#include "base/bytes.h"

typedef struct tls_transcript {
    const br_hash_class *selected; /* NULL while both run */
    br_sha256_context sha256;
    br_sha384_context sha384;
} tls_transcript;

void tls_transcript_init(tls_transcript *t);
void tls_transcript_update(tls_transcript *t, tls_bytes message);
/* tls_transcript_select: from here on only `hash` (SHA-256 or SHA-384) goes on. */
void tls_transcript_select(tls_transcript *t, const br_hash_class *hash);
/* tls_transcript_restart puts a message_hash message in the place of what was hashed, the first
 * ClientHello (section 4.4.1); after tls_transcript_select, before HelloRetryRequest is added. */
void tls_transcript_restart(tls_transcript *t);
/* tls_transcript_hash writes the selected hash of the messages so far; more may follow. Returns its
 * length. */
size_t tls_transcript_hash(const tls_transcript *t, unsigned char *out);
/* tls_transcript_hash_with: the same with `more` behind them, which is not added, by either hash
 * while none is selected and by the selected one thereafter: for PSK binders, whose ClientHello is
 * cut short (section 4.2.11.2). */
size_t tls_transcript_hash_with(
    const tls_transcript *t, unsigned char *out, const br_hash_class *hash, tls_bytes more);

#endif
