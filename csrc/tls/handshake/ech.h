/* ech.h - Encrypted ClientHello (RFC 9849) in one handshake: what both sides must remember of it.
 */
#ifndef TLS_HANDSHAKE_ECH_H
#define TLS_HANDSHAKE_ECH_H

#include "handshake/handshake.h"
#include "session/ech_open.h"

/* Which ClientHello a client builds: the only one, or one of the two. */
enum tls_ech_form { TLS_ECH_FORM_ONLY, TLS_ECH_FORM_INNER, TLS_ECH_FORM_OUTER };

struct tls_ech {
    tls_hpke hpke;
    unsigned kdf, aead, config_id; /* of the first outer hello */

    /* Client. */
    enum tls_ech_form form;
    char *public_name;
    unsigned maximum_name_length;
    unsigned char random[TLS_RANDOM_LENGTH]; /* of the outer hello */
    unsigned char enc[TLS_HPKE_PUBLIC_MAXIMUM];
    size_t enc_length;
    tls_buffer extension; /* as it was sent first: GREASE, and what was rejected, is sent again */
    tls_kept_hello outer; /* while it is not known which one the server uses */

    /* Server. */
    tls_ech_keys *keys; /* whose configs are sent to a client whose hello they did not open */
    size_t wire_length; /* of the outer hello that the inner one came in, which waits to be done
                           with */
};

/* tls_ech_new makes h->ech; tls_ech_free frees it, with nothing to do when there is none. */
enum tls_reason tls_ech_new(tls_handshake *h);
void tls_ech_free(tls_handshake *h);
size_t tls_ech_memory(const tls_ech *ech);

/* tls_ech_public_name: the name that the hello being built, or a handshake in which the server
 * rejected the inner one, is for; NULL where it is the connection's own. */
const char *tls_ech_public_name(const tls_handshake *h);

/* tls_ech_rejected: a client whose hello was rejected: it does no more than learn the server's
 * configs from whoever proves to have the public name (section 6.1.6). */
static inline int
tls_ech_rejected(const tls_handshake *h)
{
    return h->host->role == TLS_ROLE_CLIENT && h->facts.ech == TLS_ECH_REJECTED;
}

/* tls_ech_is_offered: it may have an inner hello, for a server that has keys. */
static inline int
tls_ech_is_offered(const tls_client_hello *hello)
{
    return hello->ech == TLS_ECH_OUTER && hello->max_version >= TLS_VERSION_13;
}

/* tls_ech_open opens a server's first outer hello, or the one after HelloRetryRequest, with
 * ech->keys: *opened and the inner one; *opened is 0 for a first one that no key opens. BAD_ECH,
 * and ILLEGAL_PARAMETER or MISSING_EXTENSION for a second one that does not belong to the first;
 * what tls_ech_decode finds. */
enum tls_reason tls_ech_open(
    tls_ech *ech, tls_kept_hello *inner, const tls_kept_hello *outer, int is_first, int *opened);
/* tls_ech_receive looks at a server's first ClientHello, which was kept and is reported here when
 * it is an outer one that opens: then the inner one takes its place (section 7.1). */
enum tls_reason tls_ech_receive(tls_handshake *h);
/* tls_ech_receive_second does so with the one after HelloRetryRequest (section 7.1.1). */
enum tls_reason tls_ech_receive_second(tls_handshake *h, tls_kept_hello *second);

#endif
