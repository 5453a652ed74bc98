/* ech.h - the messages of Encrypted ClientHello (RFC 9849 section 5): its extension, and the inner
 * hello as it is encrypted, short and padded. */
#ifndef TLS_ECH_H
#define TLS_ECH_H

#include "wire/message.h"

#define TLS_ECH_CONFIRMATION_LENGTH 8

typedef struct tls_ech_client_hello {
    enum tls_ech_type type;
    unsigned kdf, aead, config_id; /* from here TLS_ECH_OUTER alone */
    tls_bytes enc, payload;
} tls_ech_client_hello;

/* tls_ech_client_hello_parse: DECODE; ILLEGAL_PARAMETER for an unknown type (section 7). */
enum tls_reason tls_ech_client_hello_parse(tls_ech_client_hello *out, tls_bytes data);
/* tls_ech_write_outer appends the whole extension with a payload of so many zeros, which are the
 * last bytes of it; tls_ech_write_inner that of the inner hello. */
void tls_ech_write_outer(
    tls_buffer *block, const tls_ech_client_hello *outer, size_t payload_length);
void tls_ech_write_inner(tls_buffer *block);

/* tls_hello_insert puts an encoded extension into a ClientHello: at the end, but before
 * pre_shared_key, which stays the last. *position is where it begins. */
enum tls_reason tls_hello_insert(tls_buffer *hello, tls_bytes extension, size_t *position);

/* tls_ech_arrange orders the extensions of an inner ClientHello so that those which the outer one
 * has too, byte for byte, stand together, in the outer one's order (section 5.1); pre_shared_key
 * stays the last. The message keeps its length, its binders are to be filled afterwards. */
enum tls_reason tls_ech_arrange(tls_buffer *inner, tls_bytes outer);
/* tls_ech_encode appends the EncodedClientHelloInner of what was arranged, without padding. */
enum tls_reason tls_ech_encode(tls_buffer *out, tls_bytes inner, tls_bytes outer);
/* tls_ech_padding: how many zeros go behind one of that length (section 6.1.3). */
size_t tls_ech_padding(size_t length, const tls_client_hello *inner, size_t maximum_name_length);

/* tls_ech_decode appends the ClientHello that an EncodedClientHelloInner stands for, in time that
 * grows with the two hellos only, and no more bytes than both have. ILLEGAL_PARAMETER for whatever
 * section 5.1 names; DECODE. */
enum tls_reason tls_ech_decode(tls_buffer *inner, tls_bytes encoded, const tls_client_hello *outer);
/* tls_ech_is_inner: it says that it is the inner one, and offers TLS 1.3 and nothing older (section
 * 7.1). */
int tls_ech_is_inner(const tls_client_hello *hello);

/* tls_ech_additional appends ClientHelloOuterAAD (section 5.2): `outer` without its header, and
 * with zeros for the payload, which is a view into it. */
void tls_ech_additional(tls_buffer *out, tls_bytes outer, tls_bytes payload);

#endif
