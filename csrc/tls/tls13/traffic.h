/* traffic.h - what a TLS 1.3 connection keeps when its handshake is over (RFC 8446 sections 4.6 and
 * 7): enough to update keys, to make tickets and to export, and nothing of the handshake. */
#ifndef TLS_TRAFFIC_H
#define TLS_TRAFFIC_H

#include "tls13/key_schedule.h"
#include "wire/suite.h"
#include "tls13/transcript.h"

#define TLS_REQUEST_CONTEXT_LENGTH 16

typedef struct tls_traffic {
    const tls_suite *suite;
    const br_hash_class *hash;
    /* The traffic secrets in force, and the exporters'. */
    unsigned char client[TLS_SECRET_MAXIMUM], server[TLS_SECRET_MAXIMUM];
    unsigned char exporter[TLS_SECRET_MAXIMUM], early_exporter[TLS_SECRET_MAXIMUM];
    unsigned char resumption[TLS_SECRET_MAXIMUM];
    int has_early_exporter;
    int update_due;        /* the peer asked for a KeyUpdate that is not sent yet */
    int update_awaited;    /* and we for one of the peer's */
    uint64_t update_limit; /* records sent under one key before it is updated */
    unsigned tickets;      /* sent; the nonce of the next */
    /* Post-handshake authentication (section 4.4.2): everything up to the client's Finished; NULL
     * when the client did not offer it. A server's open request: its context, and the transcript
     * with it. */
    tls_transcript *transcript, *requested;
    unsigned char request_context[TLS_REQUEST_CONTEXT_LENGTH];
} tls_traffic;

/* tls_traffic_free wipes; accepts NULL. */
void tls_traffic_free(tls_traffic *traffic);
size_t tls_traffic_memory(const tls_traffic *traffic);

#endif
