/* peer_script.h - what the peer of peer.h says and how it understands what it hears. A
 * script is a string of letters: each is a message, built as an honest peer would build it at this
 * point and then changed as the test wants.
 *
 *   K k  ClientHello, and the one that answers HelloRetryRequest
 *   H S  HelloRetryRequest, ServerHello      E    EncryptedExtensions
 *   R    CertificateRequest                  C V F  Certificate, CertificateVerify, Finished
 *   D    EndOfEarlyData                      T U  NewSessionTicket, KeyUpdate
 *   c    ChangeCipherSpec in the clear       d    a record of application data
 *   +    the message before it waits, and goes with the next one in one record */
#ifndef PEER_SCRIPT_H
#define PEER_SCRIPT_H

#include "support/peer.h"

/* What the hellos of the peer, and the contexts of its victims, list. */
#define PEER_GROUPS 2
extern const uint16_t peer_groups[PEER_GROUPS];

void peer_change_block(
    peer *p, char letter, enum block_change change, unsigned type, const void *data, size_t length);

/* peer_build makes one message, with its header. */
void peer_build(peer *p, char letter, tls_buffer *out);

/* peer_note adds a message to the transcript as its place asks for. */
void peer_note(peer *p, char letter, tls_bytes message);

/* peer_change_keys: what comes after a message that the peer said. */
void peer_change_keys(peer *p, char letter);

/* peer_flush sends what is held, and changes keys where that was due. */
enum tls_event peer_flush(peer *p);

/* peer_say says one letter of a script; with `hold` it waits for the next. */
enum tls_event peer_say(peer *p, char letter, int hold);

/* peer_play says a whole script, until the victim fails. */
void peer_play(peer *p, const char *script);

/* peer_hear takes one message of the victim, and what it means for the keys. */
void peer_hear(peer *p, tls_bytes raw);

#endif
