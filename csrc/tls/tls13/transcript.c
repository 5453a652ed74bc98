/* transcript.c - see transcript.h. */
#include "tls13/transcript.h"

#include "crypto/hkdf.h"
#include "crypto/sha256.h"
#include "wire/registry.h"

/* HandshakeType message_hash, RFC 8446 section 4. */
#define MESSAGE_HASH 254

/* By number: each has several implementations, and each of these a class of its own. */
static int
is_hash(const br_hash_class *class, int hash)
{
    return class != NULL && (int)(class->desc >> BR_HASHDESC_ID_OFF & BR_HASHDESC_ID_MASK) == hash;
}

void
tls_transcript_init(tls_transcript *t)
{
    t->selected = NULL;
    tls_sha256_init(&t->sha256);
    br_sha384_init(&t->sha384);
}

void
tls_transcript_update(tls_transcript *t, tls_bytes message)
{
    if (!is_hash(t->selected, TLS_HASH_SHA384))
        tls_sha256_update(&t->sha256, message.data, message.length);
    if (!is_hash(t->selected, TLS_HASH_SHA256))
        br_sha384_update(&t->sha384, message.data, message.length);
}

void
tls_transcript_select(tls_transcript *t, const br_hash_class *hash)
{
    t->selected = hash;
}

void
tls_transcript_restart(tls_transcript *t)
{
    unsigned char message[4 + TLS_HKDF_HASH_MAXIMUM];
    size_t length = tls_transcript_hash(t, message + 4);

    message[0] = MESSAGE_HASH;
    tls_put24(message + 1, (uint32_t)length);
    t->selected->init(
        is_hash(t->selected, TLS_HASH_SHA384) ? &t->sha384.vtable : &t->sha256.vtable);
    tls_transcript_update(t, tls_bytes_make(message, 4 + length));
}

size_t
tls_transcript_hash(const tls_transcript *t, unsigned char *out)
{
    return tls_transcript_hash_with(t, out, t->selected, tls_bytes_make(NULL, 0));
}

size_t
tls_transcript_hash_with(
    const tls_transcript *t, unsigned char *out, const br_hash_class *hash, tls_bytes more)
{
    br_hash_compat_context copy;

    if (is_hash(hash, TLS_HASH_SHA384))
        copy.sha384 = t->sha384;
    else
        copy.sha256 = t->sha256;
    copy.vtable->update(&copy.vtable, more.data, more.length);
    copy.vtable->out(&copy.vtable, out);
    return tls_hash_length(copy.vtable);
}
