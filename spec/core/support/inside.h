/* inside.h - what the tests look at and change inside of a connection. They reach for its fields
 * nowhere else, so that a change of these is followed here. */
#ifndef INSIDE_H
#define INSIDE_H

#include "connection/internal.h"
#include "tls13/internal.h"
#include "tls13/traffic.h"

/* told: what it tells anybody. */
tls_connection_info told(const tls_connection *c);

/* ---- The handshake ---- */

int inside_has_engine(const tls_connection *c);

/* NULL where there is none of TLS 1.3. */
tls13_engine *inside_engine13(const tls_connection *c);

/* The messages of a handshake of TLS 1.2 or below until here. */
br_multihash_context *inside_transcript12(const tls_connection *c);

/* inside_has_events: stages or questions that no step has reported. */
int inside_has_events(const tls_connection *c);

/* What one that runs knows of the one before it. */
tls_facts *inside_settled(tls_connection *c);

/* Whose options it has. */
tls_context *inside_context(const tls_connection *c);

/* ---- Records and keys ---- */

tls_record_sealer *inside_sealer(tls_connection *c);
const tls_record_opener *inside_opener(const tls_connection *c);
int inside_seals(const tls_connection *c);

/* The secrets of TLS 1.3 after the handshake. */
tls_traffic *inside_traffic(const tls_connection *c);

/* inside_is_bare: it holds neither record buffers nor an engine. */
int inside_is_bare(const tls_connection *c);
int inside_has_no_keys(const tls_connection *c);

/* inside_memory: what a connection holds for itself, as a list: what it must say in its info. What
 * it shares with others (certificates, contexts) and what waits to be told is not in it. */
size_t inside_memory(const tls_connection *c);

/* inside_step is tls_connection_step, and looks whether what the connection says that it holds is
 * that. */
enum tls_event inside_step(tls_connection *c);

/* What a message that is not whole takes. */
size_t inside_reassembly(const tls_connection *c);

void inside_set_fragment_limit(tls_connection *c, size_t limit);
void inside_forget_idle_records(tls_connection *c);

/* ---- What was negotiated ---- */

char *inside_server_name(tls_connection *c);
/* Of what was settled, and of the handshake that runs. */
void inside_change_alpn(tls_connection *c, size_t index, unsigned char byte);
void inside_deny_secure_renegotiation(tls_connection *c);
enum tls_verification_level inside_level(const tls_connection *c);
const tls_session *inside_session(const tls_connection *c);
const unsigned char *inside_master_secret(const tls_connection *c);

#endif
