/* handshake.h - one handshake: the first of a connection, a renegotiation, or a late
 * authentication. It has an engine, the terms that it may settle on, the ClientHello, and the facts
 * that it has found so far. When it is over they become the connection's; when it fails they are
 * dropped. */
#ifndef TLS_HANDSHAKE_H
#define TLS_HANDSHAKE_H

#include "handshake/engine.h"
#include "handshake/terms.h"
#include "wire/message.h"

enum tls_handshake_purpose {
    TLS_FIRST_HANDSHAKE,
    TLS_RENEGOTIATION,      /* TLS 1.2 and below: RFC 5746 */
    TLS_LATE_AUTHENTICATION /* TLS 1.3: RFC 8446 section 4.6.2 */
};

/* A ClientHello as it stands on the wire, parsed once; the views lead into `raw`. What a client
 * says a thousand times is compared with ours once: a list of suites, groups or signature schemes
 * that repeats itself is replaced by one that does not. */
typedef struct tls_kept_hello {
    tls_buffer raw; /* empty: there is none yet */
    tls_client_hello hello;
    tls_bytes suites_sent;              /* cipher_suites with its duplicates */
    tls_buffer suites, groups, schemes; /* without, where there were some */
} tls_kept_hello;

struct tls_handshake {
    tls_host *host;
    enum tls_handshake_purpose purpose;
    const tls_engine_class *engine_class;
    void *engine; /* NULL before and after */
    tls_terms terms;
    tls_kept_hello client_hello; /* a server's: what came; a client's: what it sent last */
    tls_ech *ech;                /* handshake/ech.h; NULL where there is no Encrypted ClientHello */
    tls_facts facts;
    tls_verdict verdict;         /* on the peer's chain, for `verify` to look at */
    tls_signature_budget budget; /* for all that is verified of the chain */
    int verify_given; /* the mode was asked for this handshake or connection: `select` leaves it */
    /* Renegotiation. */
    int answered; /* client: ServerHello came; the peer cannot refuse by a warning any more */
    int peer_changed_keys; /* data comes only behind Finished */
};

/* tls_handshake_new makes host->handshake. OUT_OF_MEMORY. */
enum tls_reason tls_handshake_new(
    tls_host *host, enum tls_handshake_purpose purpose, const tls_engine_class *engine_class);
/* tls_handshake_end frees host->handshake, with its engine; nothing happens when there is none. A
 * question that waits stays: it may be about something else. */
void tls_handshake_end(tls_host *host);
/* tls_handshake_settle makes its facts the connection's, and ends it. */
void tls_handshake_settle(tls_host *host);
size_t tls_handshake_memory(const tls_handshake *handshake);

static inline int
tls_handshake_renegotiates(const tls_handshake *handshake)
{
    return handshake->purpose == TLS_RENEGOTIATION;
}

/* tls_kept_hello_take parses a ClientHello and keeps a copy, in place of what was kept. */
enum tls_reason tls_kept_hello_take(tls_kept_hello *kept, tls_bytes message);
void tls_kept_hello_move(tls_kept_hello *to, tls_kept_hello *from);
void tls_kept_hello_release(tls_kept_hello *kept);

/* tls_handshake_fix_policy settles under what a session of this handshake will be resumed, and its
 * end: when the peer's chain is judged. */
void tls_handshake_fix_policy(tls_handshake *handshake);
/* tls_handshake_prove: the peer's Finished was right, and so what it claimed is proven. */
void tls_handshake_prove(tls_handshake *handshake);

#endif
