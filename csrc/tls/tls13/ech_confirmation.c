/* ech_confirmation.c - how a server says that it uses the inner ClientHello, to those alone who
 * know that one (RFC 9849 section 7.2). */
#include <string.h>

#include "tls13/internal.h"

void
tls13_ech_confirmation(const tls_transcript *before, unsigned char out[TLS_ECH_CONFIRMATION_LENGTH],
    const unsigned char *random, int is_retry, tls_bytes message, size_t position)
{
    static const unsigned char zeros[TLS_ECH_CONFIRMATION_LENGTH];
    const size_t end = position + sizeof zeros;
    tls_transcript transcript = *before;
    unsigned char hash[TLS_SECRET_MAXIMUM], secret[TLS_SECRET_MAXIMUM];
    size_t length;

    tls_transcript_update(&transcript, tls_bytes_make(message.data, position));
    tls_transcript_update(&transcript, tls_bytes_make(zeros, sizeof zeros));
    tls_transcript_update(&transcript, tls_bytes_make(message.data + end, message.length - end));
    length = tls_transcript_hash(&transcript, hash);
    tls_hkdf_extract(transcript.selected, secret, tls_bytes_make(NULL, 0),
        tls_bytes_make(random, TLS_RANDOM_LENGTH));
    tls_hkdf_expand_label(transcript.selected, out, TLS_ECH_CONFIRMATION_LENGTH, secret,
        is_retry ? "hrr ech accept confirmation" : "ech accept confirmation",
        tls_bytes_make(hash, length));
    tls_wipe(secret, sizeof secret);
}

void
tls13_ech_confirm(const tls13_engine *e, tls_buffer *message, int is_retry, size_t position)
{
    unsigned char confirmation[TLS_ECH_CONFIRMATION_LENGTH];

    tls13_ech_confirmation(&e->transcript, confirmation, e->handshake->facts.client_random,
        is_retry, tls_buffer_view(message), position);
    memcpy(message->data + position, confirmation, sizeof confirmation);
}
