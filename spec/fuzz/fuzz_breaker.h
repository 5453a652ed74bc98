/* fuzz_breaker.h - a peer that has the keys and breaks the rules. Both sides are ours; the input
 * says what the breaker does to its messages before they enter its own transcript (tls13_send is
 * wrapped: signatures, Finished and keys then follow what was changed), to its records before they
 * are sealed (tls_record_seal is wrapped), and what it does between messages. */
#ifndef FUZZ_BREAKER_H
#define FUZZ_BREAKER_H

#include "fuzz_pair.h"

typedef struct fuzz_breaker {
    fuzz_side *breaker, *victim; /* breaker NULL: everyone is honest */
    tls_bytes input;
    unsigned injected;
    int after; /* what is told after the handshake counts too */
    /* Handshake bytes: what the peer hashed, what it really sent. */
    tls_buffer meant, told;
    tls_buffer verify, finished; /* TLS 1.3: all of each, as they were made */
} fuzz_breaker;

extern fuzz_breaker hostile;

/* fuzz_breaker_begin forgets the run before; the breaker is chosen, by the pair's options, when it
 * shall begin to lie. */
void fuzz_breaker_begin(tls_bytes input);
void fuzz_breaker_choose(fuzz_pair *pair);
void fuzz_breaker_end(void);
/* fuzz_act does one thing that an established side may do, or must not. */
void fuzz_act(fuzz_pair *pair, tls_bytes *input);
/* The victim got a CertificateVerify, a Finished of the breaker's as it was made (TLS 1.3). */
int fuzz_verify_told(void);
int fuzz_finished_told(void);

#endif
