/* resumption.h - sessions of a handshake: which may be resumed, what a resumed one says, how a new
 * one is made, and tickets. The same for every version. */
#ifndef TLS_RESUMPTION_H
#define TLS_RESUMPTION_H

#include "handshake/handshake.h"

/* tls_resumption_allowed: may a server resume this session here and now: same name, policy and
 * level of verification, in date, and of the version that was chosen? Another one would be marked
 * as a downgrade, and a client breaks off (RFC 8446 section 4.1.3). The suite is the engine's to
 * check. */
int tls_resumption_allowed(const tls_handshake *handshake, const tls_session *session);

/* tls_resumption_claim: the session is resumed; the peer is claimed to be whom it knows. Where no
 * certificate is asked for, whose trust it was judged by is not part of the policy, and so its
 * level counts for nothing. */
enum tls_reason tls_resumption_claim(tls_handshake *handshake, const tls_session *session);

/* tls_resumption_session makes a session of what was settled, or found and proven; its ID, secrets
 * and ticket are the caller's to fill. OUT_OF_MEMORY. */
enum tls_reason tls_resumption_session(
    const tls_host *host, const tls_facts *facts, tls_session **out);

/* tls_resumption_open_ticket: the session in a ticket that the context's keys open, or NULL; the
 * caller releases it. */
tls_session *tls_resumption_open_ticket(const tls_host *host, tls_bytes ticket);
/* tls_resumption_renews: is it time for a new ticket to this session, which came out of this one?
 * Its key has changed, or half of its life is gone. A client that keeps one connection's ticket for
 * the next would have to store another one each time (RFC 5077 section 3.3 leaves it to the
 * server). */
int tls_resumption_renews(const tls_host *host, const tls_session *session, tls_bytes ticket);
/* tls_resumption_seal_ticket appends a ticket; nothing for a session that is too long for one (a
 * ticket has a 16-bit length). OUT_OF_MEMORY, NO_RANDOM. */
enum tls_reason tls_resumption_seal_ticket(
    const tls_host *host, const tls_session *session, tls_buffer *ticket);

#endif
