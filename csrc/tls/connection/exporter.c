/* exporter.c - keying material and channel bindings of an established connection. */
#include <string.h>

#include "connection/internal.h"
#include "wire/suite.h"

/* Without the extended master secret, two connections of an attacker's making can share a master
 * secret, and what is derived from it binds nothing (RFC 7627 section 6.1 and 6.2, RFC 9266 section
 * 3). */
static enum tls_reason
check_unique(const tls_connection *c)
{
    if (c->failure != TLS_OK || !c->established || c->renegotiation != NULL)
        return TLS_REASON_NOT_READY;
    return c->extended_master_secret ? TLS_OK : TLS_REASON_UNSAFE_BINDING;
}

static br_tls_prf_impl
prf_of(const tls_connection *c)
{
    const tls_suite *suite = tls_suite_find(c->suite);

    if (c->version < 0x0303)
        return &br_tls10_prf;
    if (suite != NULL && suite->prf_hash == TLS_HASH_SHA384)
        return &br_tls12_sha384_prf;
    return &br_tls12_sha256_prf;
}

/* RFC 5705 section 4: labels that the protocol itself uses must not be exported. */
static int
label_reserved(const char *label)
{
    static const char *const reserved[] = {"client finished", "server finished", "master secret",
        "extended master secret", "key expansion"};
    size_t i;

    for (i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(label, reserved[i]) == 0)
            return 1;
    return 0;
}

/* export_13: RFC 8446 section 7.5, where no context and an empty one are the same. */
static enum tls_reason
export_13(const tls_traffic *traffic, const unsigned char *secret, unsigned char *out,
    size_t length, const char *label, tls_bytes context)
{
    return tls_exporter(traffic->hash, out, length, secret, label, context)
               ? TLS_OK
               : TLS_REASON_ILLEGAL_PARAMETER;
}

enum tls_reason
tls_connection_export_early_keying_material(const tls_connection *c, unsigned char *out,
    size_t length, const char *label, tls_bytes context)
{
    if (c->traffic == NULL || !c->traffic->has_early_exporter)
        return TLS_REASON_NOT_READY;
    if (label_reserved(label) || context.length > 0xFFFF)
        return TLS_REASON_ILLEGAL_PARAMETER;
    return export_13(c->traffic, c->traffic->early_exporter, out, length, label, context);
}

enum tls_reason
tls_connection_export_keying_material(const tls_connection *c, unsigned char *out, size_t length,
    const char *label, const tls_bytes *context)
{
    unsigned char context_length[2];
    br_tls_prf_seed_chunk seed[4];
    size_t seed_count = 2;
    enum tls_reason reason = check_unique(c);

    if (reason != TLS_OK)
        return reason;
    if (label_reserved(label) || (context != NULL && context->length > 0xFFFF))
        return TLS_REASON_ILLEGAL_PARAMETER;
    if (c->traffic != NULL)
        return export_13(c->traffic, c->traffic->exporter, out, length, label,
            context != NULL ? *context : tls_bytes_make(NULL, 0));
    seed[0].data = c->client_random;
    seed[0].len = sizeof c->client_random;
    seed[1].data = c->server_random;
    seed[1].len = sizeof c->server_random;
    if (context != NULL) {
        tls_put16(context_length, (uint32_t)context->length);
        seed[2].data = context_length;
        seed[2].len = sizeof context_length;
        seed[3].data = context->data;
        seed[3].len = context->length;
        seed_count = 4;
    }
    prf_of(c)(out, length, c->master_secret, sizeof c->master_secret, label, seed_count, seed);
    return TLS_OK;
}

size_t
tls_connection_end_point(const tls_connection *c, unsigned char out[TLS_FINGERPRINT_MAXIMUM])
{
    const tls_certificate_list *chain = c->role == TLS_ROLE_CLIENT ? c->peer.chain : c->local_chain;
    int hash;

    if (chain == NULL) {
        memcpy(out, c->end_point, c->end_point_length);
        return c->end_point_length;
    }
    /* The hash of the certificate's own signature, or SHA-256 where that is MD5 or SHA-1. */
    hash = chain->items[0]->signature_algorithm.hash;
    return tls_fingerprint(
        out, hash <= TLS_HASH_SHA1 ? TLS_HASH_SHA256 : hash, chain->items[0]->der);
}

void
tls_connection_keep_end_point(const tls_connection *c, tls_session *session)
{
    if (c->role == TLS_ROLE_SERVER)
        session->end_point_length = tls_connection_end_point(c, session->end_point);
}

void
tls_connection_resume_end_point(tls_connection *c, const tls_session *session)
{
    if (c->role != TLS_ROLE_SERVER)
        return;
    memcpy(c->end_point, session->end_point, session->end_point_length);
    c->end_point_length = session->end_point_length;
}

static enum tls_reason
server_end_point(const tls_connection *c, tls_buffer *out)
{
    unsigned char binding[TLS_FINGERPRINT_MAXIMUM];
    size_t length;

    if (!c->established || c->renegotiation != NULL)
        return TLS_REASON_NOT_READY;
    length = tls_connection_end_point(c, binding);
    if (length == 0)
        return TLS_REASON_UNSAFE_BINDING;
    tls_buffer_append(out, binding, length);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

enum tls_reason
tls_connection_channel_binding(const tls_connection *c, tls_buffer *out, const char *type)
{
    unsigned char exported[32];
    enum tls_reason reason;

    if (strcmp(type, "tls-server-end-point") == 0)
        return server_end_point(c, out);
    if (strcmp(type, "tls-exporter") == 0) {
        /* RFC 9266 section 2. */
        reason = tls_connection_export_keying_material(
            c, exported, sizeof exported, "EXPORTER-Channel-Binding", NULL);
        if (reason == TLS_OK)
            tls_buffer_append(out, exported, sizeof exported);
        tls_wipe(exported, sizeof exported);
    } else if (strcmp(type, "tls-unique") == 0) {
        /* RFC 5929 section 3.1: the first Finished of the handshake; RFC 8446 appendix C.5: not in
         * TLS 1.3. */
        reason = c->traffic != NULL ? TLS_REASON_UNSAFE_BINDING : check_unique(c);
        if (reason == TLS_OK && c->resumed)
            tls_buffer_append(out, c->server_verify_data, c->server_verify_length);
        else if (reason == TLS_OK)
            tls_buffer_append(out, c->client_verify_data, c->client_verify_length);
    } else {
        return TLS_REASON_ILLEGAL_PARAMETER;
    }
    if (reason != TLS_OK)
        return reason;
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}
