/* exporter.c - keying material and channel bindings of an established connection. */
#include <string.h>

#include "connection/internal.h"

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

static enum tls_reason
check_label(const char *label, const tls_bytes *context)
{
    return label_reserved(label) || (context != NULL && context->length > 0xFFFF)
               ? TLS_REASON_ILLEGAL_PARAMETER
               : TLS_OK;
}

/* is_ready: there is a handshake to export from, and no other one replaces it. */
static int
is_ready(const tls_connection *c)
{
    return c->failure == TLS_OK && c->established && !tls_connection_in_renegotiation(c);
}

enum tls_reason
tls_connection_export_early_keying_material(const tls_connection *c, unsigned char *out,
    size_t length, const char *label, tls_bytes context)
{
    const tls_engine_class *class = tls_connection_class(c);
    /* Whether there are any comes first. */
    enum tls_reason reason =
        class != NULL && class->export_keying_material != NULL
            ? class->export_keying_material(&c->host, 1, out, 0, label, &context)
            : TLS_REASON_NOT_READY;

    if (reason == TLS_OK)
        reason = check_label(label, &context);
    return reason == TLS_OK
               ? class->export_keying_material(&c->host, 1, out, length, label, &context)
               : reason;
}

enum tls_reason
tls_connection_export_keying_material(const tls_connection *c, unsigned char *out, size_t length,
    const char *label, const tls_bytes *context)
{
    enum tls_reason reason = is_ready(c) ? check_label(label, context) : TLS_REASON_NOT_READY;

    return reason == TLS_OK
               ? c->settled_class->export_keying_material(&c->host, 0, out, length, label, context)
               : reason;
}

const char *
tls_connection_binding_cause(const tls_connection *c, enum tls_reason reason, const char *type)
{
    const tls_facts *facts = &c->host.settled;

    if (reason == TLS_REASON_NOT_READY && c->failure != TLS_OK)
        return "the connection has failed: nothing binds to it";
    if (reason == TLS_REASON_NOT_READY && tls_connection_in_renegotiation(c))
        return "a renegotiation runs, whose keys replace those of before";
    if (reason == TLS_REASON_NOT_READY && type == NULL && c->established)
        return "no early data was accepted on this connection";
    if (reason == TLS_REASON_ILLEGAL_PARAMETER)
        return type != NULL ? "the type must be tls-exporter, tls-server-end-point or tls-unique"
                            : "this label is one that TLS itself uses";
    if (reason != TLS_REASON_UNSAFE_BINDING || type == NULL)
        return NULL;
    if (strcmp(type, "tls-server-end-point") == 0)
        return facts->resumed || facts->peer.psk
                   ? "no certificate of the server is known on this connection: it was resumed, or "
                     "rests on a pre-shared key"
                   : "the server has shown no certificate on this connection";
    if (strcmp(type, "tls-unique") == 0 && facts->version == TLS_VERSION_13)
        return "TLS 1.3 has no tls-unique: use tls-exporter (RFC 9266)";
    return NULL;
}

static enum tls_reason
server_end_point(const tls_connection *c, tls_buffer *out)
{
    unsigned char binding[TLS_FINGERPRINT_MAXIMUM];
    size_t length;

    if (!is_ready(c))
        return TLS_REASON_NOT_READY;
    length = tls_facts_end_point(&c->host.settled, c->host.role, binding);
    if (length == 0)
        return TLS_REASON_UNSAFE_BINDING;
    tls_buffer_append(out, binding, length);
    return TLS_OK;
}

static enum tls_reason
exporter(const tls_connection *c, tls_buffer *out)
{
    unsigned char exported[32];
    /* RFC 9266 section 2. */
    enum tls_reason reason = tls_connection_export_keying_material(
        c, exported, sizeof exported, "EXPORTER-Channel-Binding", NULL);

    if (reason == TLS_OK)
        tls_buffer_append(out, exported, sizeof exported);
    tls_wipe(exported, sizeof exported);
    return reason;
}

static enum tls_reason
unique(const tls_connection *c, tls_buffer *out)
{
    tls_bytes binding;
    enum tls_reason reason =
        is_ready(c) ? c->settled_class->unique(&c->host, &binding) : TLS_REASON_NOT_READY;

    if (reason == TLS_OK)
        tls_buffer_append(out, binding.data, binding.length);
    return reason;
}

enum tls_reason
tls_connection_channel_binding(const tls_connection *c, tls_buffer *out, const char *type)
{
    enum tls_reason reason;

    if (strcmp(type, "tls-server-end-point") == 0)
        reason = server_end_point(c, out);
    else if (strcmp(type, "tls-exporter") == 0)
        reason = exporter(c, out);
    else if (strcmp(type, "tls-unique") == 0)
        reason = unique(c, out);
    else
        return TLS_REASON_ILLEGAL_PARAMETER;
    return reason == TLS_OK && out->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}
