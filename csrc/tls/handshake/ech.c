/* ech.c - see ech.h. */
#include "handshake/ech.h"

#include <stdlib.h>
#include <string.h>

#include "base/declassify.h"

enum tls_reason
tls_ech_new(tls_handshake *h)
{
    if (h->ech == NULL)
        h->ech = calloc(1, sizeof *h->ech);
    return h->ech != NULL ? TLS_OK : TLS_REASON_OUT_OF_MEMORY;
}

void
tls_ech_free(tls_handshake *h)
{
    tls_ech *ech = h->ech;

    if (ech == NULL)
        return;
    free(ech->public_name);
    tls_buffer_release(&ech->extension);
    tls_kept_hello_release(&ech->outer);
    tls_ech_keys_release(ech->keys);
    tls_wipe(ech, sizeof *ech);
    free(ech);
    h->ech = NULL;
}

size_t
tls_ech_memory(const tls_ech *ech)
{
    const tls_kept_hello *outer;

    if (ech == NULL)
        return 0;
    outer = &ech->outer;
    return sizeof *ech + ech->extension.capacity + outer->raw.capacity + outer->suites.capacity +
           outer->groups.capacity + outer->schemes.capacity +
           (ech->public_name != NULL ? strlen(ech->public_name) + 1 : 0);
}

const char *
tls_ech_public_name(const tls_handshake *h)
{
    if (h->ech == NULL || h->ech->public_name == NULL)
        return NULL;
    return h->ech->form == TLS_ECH_FORM_OUTER || tls_ech_rejected(h) ? h->ech->public_name : NULL;
}

/* ---- The server ---- */

/* open_payload decrypts what an outer hello carries; *opened is 0 where nothing opens it. */
static enum tls_reason
open_payload(tls_ech *ech, tls_buffer *encoded, const tls_kept_hello *outer,
    const tls_ech_client_hello *extension, int is_first, int *opened)
{
    tls_buffer additional = {0};

    tls_ech_additional(&additional, tls_buffer_view(&outer->raw), extension->payload);
    if (!is_first)
        tls_write_bytes(encoded, extension->payload);
    encoded->failed |= additional.failed;
    *opened = 0;
    if (!encoded->failed && is_first) {
        *opened = tls_ech_keys_open(
            ech->keys, encoded, &ech->hpke, extension, tls_buffer_view(&additional));
    } else if (!encoded->failed) {
        *opened =
            tls_hpke_open(&ech->hpke, tls_buffer_view(&additional), encoded->data, encoded->length);
        if (*opened)
            encoded->length -= TLS_HPKE_TAG_LENGTH;
    }
    /* From here on it is a hello like any other, which is told to whoever watches. */
    TLS_DECLASSIFY(encoded->data, encoded->length);
    tls_buffer_release(&additional);
    return encoded->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

/* decode_inner makes the inner hello of what was decrypted. */
static enum tls_reason
decode_inner(tls_kept_hello *inner, tls_bytes encoded, const tls_kept_hello *outer)
{
    tls_buffer message = {0};
    enum tls_reason reason = tls_ech_decode(&message, encoded, &outer->hello);

    if (reason == TLS_OK)
        reason = tls_kept_hello_take(inner, tls_buffer_view(&message));
    if (reason == TLS_OK && !tls_ech_is_inner(&inner->hello))
        reason = TLS_REASON_ILLEGAL_PARAMETER;
    tls_buffer_release(&message);
    return reason;
}

/* is_second_of: section 7.1.1. */
static int
is_second_of(const tls_ech *ech, const tls_ech_client_hello *extension)
{
    return extension->type == TLS_ECH_OUTER && extension->kdf == ech->kdf &&
           extension->aead == ech->aead && extension->config_id == ech->config_id &&
           extension->enc.length == 0;
}

/* why_none: the extension is malformed, or not there. */
static enum tls_reason
why_none(const tls_client_hello *hello)
{
    return hello->faults.in_13 != TLS_OK ? hello->faults.in_13 : TLS_REASON_MISSING_EXTENSION;
}

enum tls_reason
tls_ech_open(
    tls_ech *ech, tls_kept_hello *inner, const tls_kept_hello *outer, int is_first, int *opened)
{
    tls_ech_client_hello extension;
    tls_buffer encoded = {0};
    enum tls_reason reason;

    *opened = 0;
    if (outer->hello.ech == TLS_ECH_NONE)
        return why_none(&outer->hello);
    reason = tls_ech_client_hello_parse(&extension, outer->hello.ech_data);
    if (reason != TLS_OK)
        return reason;
    if (is_first) {
        ech->kdf = extension.kdf;
        ech->aead = extension.aead;
        ech->config_id = extension.config_id;
    } else if (!is_second_of(ech, &extension)) {
        return TLS_REASON_ILLEGAL_PARAMETER;
    }
    reason = open_payload(ech, &encoded, outer, &extension, is_first, opened);
    if (reason == TLS_OK && !*opened && !is_first)
        reason = TLS_REASON_BAD_ECH;
    if (reason == TLS_OK && *opened)
        reason = decode_inner(inner, tls_buffer_view(&encoded), outer);
    tls_buffer_release(&encoded);
    return reason;
}

/* open_hello puts the inner hello, where there is one, into the place of the outer one that it came
 * in, which is reported here: the inner one, by whoever goes on with it. */
static enum tls_reason
open_hello(tls_handshake *h, tls_kept_hello *kept, int is_first)
{
    tls_kept_hello inner = {0};
    int opened;
    enum tls_reason reason = tls_ech_open(h->ech, &inner, kept, is_first, &opened);

    h->facts.ech = opened || !is_first ? TLS_ECH_ACCEPTED : TLS_ECH_REJECTED;
    if (reason == TLS_OK && opened)
        reason = tls_host_happened(
            h->host, TLS_STAGE_CLIENT_HELLO, TLS_RECEIVED, tls_buffer_view(&kept->raw));
    if (reason == TLS_OK && opened) {
        h->ech->wire_length = kept->raw.length;
        tls_kept_hello_move(kept, &inner);
    }
    tls_kept_hello_release(&inner);
    return reason;
}

static enum tls_reason
receive_outer(tls_handshake *h)
{
    enum tls_reason reason = tls_ech_new(h);

    if (reason != TLS_OK)
        return reason;
    h->ech->keys = tls_ech_keys_retain(h->host->context->ech_keys);
    return open_hello(h, &h->client_hello, 1);
}

enum tls_reason
tls_ech_receive(tls_handshake *h)
{
    const tls_context *context = h->host->context;
    const tls_client_hello *hello = &h->client_hello.hello;

    if (h->purpose != TLS_FIRST_HANDSHAKE || hello->ech == TLS_ECH_NONE ||
        h->terms.version_max < TLS_VERSION_13 || hello->max_version < TLS_VERSION_13)
        return TLS_OK;
    if (hello->ech == TLS_ECH_OUTER && context->ech_keys != NULL)
        return receive_outer(h);
    if (hello->ech == TLS_ECH_INNER && context->ech_backend) {
        h->facts.ech = TLS_ECH_ACCEPTED;
        return tls_ech_is_inner(hello) ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
    }
    /* Section 7: a server that is not of that role never gets the one from a client. */
    return context->ech_keys != NULL || context->ech_backend ? TLS_REASON_ILLEGAL_PARAMETER
                                                             : TLS_OK;
}

enum tls_reason
tls_ech_receive_second(tls_handshake *h, tls_kept_hello *second)
{
    if (h->facts.ech != TLS_ECH_ACCEPTED)
        return TLS_OK;
    if (h->ech != NULL)
        return open_hello(h, second, 0);
    if (second->hello.ech == TLS_ECH_NONE)
        return why_none(&second->hello);
    return tls_ech_is_inner(&second->hello) ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
}
