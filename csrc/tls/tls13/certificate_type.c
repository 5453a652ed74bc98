/* certificate_type.c - whether a Certificate message has X.509 certificates or a raw public key
 * (RFC 7250, RFC 8446 section 4.4.2), for both sides. */
#include <string.h>

#include "key/key_encode.h"
#include "tls13/internal.h"

typedef struct type_list {
    const uint16_t *types;
    size_t count;
} type_list;

static type_list
list_of(const tls13_engine *e, int of_server)
{
    const tls_context *context = e->handshake->host->context;
    type_list list = {context->client_certificate_types, context->client_certificate_type_count};

    if (of_server) {
        list.types = context->server_certificate_types;
        list.count = context->server_certificate_type_count;
    }
    return list;
}

static int
is_server(const tls13_engine *e)
{
    return e->handshake->host->role == TLS_ROLE_SERVER;
}

static unsigned
agreed(const tls13_engine *e, int of_server)
{
    const tls_handshake *h = e->handshake;
    const tls_facts *facts = tls13_is_late(e) ? &h->host->settled : &h->facts;

    return of_server ? facts->server_certificate_type : facts->client_certificate_type;
}

unsigned
tls13_own_type(const tls13_engine *e)
{
    return agreed(e, is_server(e));
}

unsigned
tls13_peer_type(const tls13_engine *e)
{
    return agreed(e, !is_server(e));
}

/* is_default: X.509 alone is what the absence of the extension means (RFC 7250 section 4.1). */
static int
is_default(type_list list)
{
    return list.count == 1 && list.types[0] == TLS_CERTIFICATE_TYPE_X509;
}

static void
offer(tls_buffer *extensions, unsigned extension, type_list list)
{
    unsigned char bytes[2];
    size_t i;

    if (is_default(list))
        return;
    for (i = 0; i < list.count && i < sizeof bytes; i++)
        bytes[i] = (unsigned char)list.types[i];
    tls_extension_write_vector8(extensions, extension, tls_bytes_make(bytes, i));
}

void
tls13_offer_types(const tls13_engine *e, tls_buffer *extensions)
{
    offer(extensions, TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE, list_of(e, 0));
    offer(extensions, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE, list_of(e, 1));
}

static int
is_offered(tls_bytes offered, unsigned type)
{
    if (offered.length == 0)
        return type == TLS_CERTIFICATE_TYPE_X509;
    return memchr(offered.data, (int)type, offered.length) != NULL;
}

int
tls13_may_show_type(const tls13_engine *e, const tls_client_hello *hello, unsigned type)
{
    type_list ours = list_of(e, 1);

    return tls_certificate_type_listed(ours.types, ours.count, type) &&
           is_offered(hello->server_certificate_types, type);
}

/* asks_now: section 4.3.2: not beside a PSK. */
static int
asks_now(const tls13_engine *e)
{
    return e->handshake->facts.verify != TLS_VERIFY_NONE && !e->psk_selected;
}

enum tls_reason
tls13_choose_client_type(tls13_engine *e, const tls_client_hello *hello)
{
    type_list ours = list_of(e, 0);
    size_t i;

    if (!asks_now(e) && !hello->post_handshake_auth)
        return TLS_OK;
    for (i = 0; i < ours.count; i++)
        if (is_offered(hello->client_certificate_types, ours.types[i])) {
            e->handshake->facts.client_certificate_type = ours.types[i];
            return TLS_OK;
        }
    /* Nothing is asked for then. */
    return asks_now(e) && e->handshake->facts.verify != TLS_VERIFY_OPTIONAL
               ? tls13_no_common_type(e)
               : TLS_OK;
}

enum tls_reason
tls13_no_common_type(tls13_engine *e)
{
    tls_host_explain(e->handshake->host,
        "no certificate type in common: one side wants raw public keys, the other has none");
    return TLS_REASON_UNSUPPORTED_CERTIFICATE;
}

int
tls13_asks_client(const tls13_engine *e)
{
    return asks_now(e) && tls13_takes_type(e, tls13_peer_type(e));
}

int
tls13_takes_type(const tls13_engine *e, unsigned type)
{
    type_list ours = list_of(e, !is_server(e));

    return tls_certificate_type_listed(ours.types, ours.count, type);
}

int
tls13_fits_type(const tls13_engine *e, const tls_credential *credential)
{
    return credential->chain_count > 0 || tls13_own_type(e) == TLS_CERTIFICATE_TYPE_RAW_PUBLIC_KEY;
}

void
tls13_write_types(const tls13_engine *e, tls_buffer *extensions)
{
    const tls_handshake *h = e->handshake;
    const tls_client_hello *hello = &h->client_hello.hello;

    /* The client's is of no use where it is not asked, now or later (RFC 7250 section 4.2), as
     * where none is in common; nor is the server's beside a PSK. */
    if ((asks_now(e) || hello->post_handshake_auth) && hello->client_certificate_types.length > 0 &&
        !is_default(list_of(e, 0)) && tls13_takes_type(e, h->facts.client_certificate_type) &&
        is_offered(hello->client_certificate_types, h->facts.client_certificate_type))
        tls_extension_write_u8(
            extensions, TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE, h->facts.client_certificate_type);
    if (!e->psk_selected && hello->server_certificate_types.length > 0 &&
        !is_default(list_of(e, 1)))
        tls_extension_write_u8(
            extensions, TLS_EXTENSION_SERVER_CERTIFICATE_TYPE, h->facts.server_certificate_type);
}

static enum tls_reason
take(type_list ours, unsigned char *agreed_type, unsigned extension, tls_bytes extensions)
{
    tls_bytes data;

    if (!tls_extensions_find(extensions, extension, &data))
        return TLS_OK;
    *agreed_type = data.data[0];
    return tls_certificate_type_listed(ours.types, ours.count, *agreed_type)
               ? TLS_OK
               : TLS_REASON_ILLEGAL_PARAMETER;
}

enum tls_reason
tls13_take_types(tls13_engine *e, tls_bytes extensions)
{
    tls_facts *facts = &e->handshake->facts;
    enum tls_reason reason = take(list_of(e, 0), &facts->client_certificate_type,
        TLS_EXTENSION_CLIENT_CERTIFICATE_TYPE, extensions);

    return reason == TLS_OK ? take(list_of(e, 1), &facts->server_certificate_type,
                                  TLS_EXTENSION_SERVER_CERTIFICATE_TYPE, extensions)
                            : reason;
}

enum tls_reason
tls13_write_raw_key(tls_buffer *out, const tls_credential *credential)
{
    /* As the certificate has it, whose pin others may know. */
    if (credential->chain_count > 0) {
        tls_bytes info = credential->chain[0]->public_key_info;

        tls_buffer_append(out, info.data, info.length);
        return tls_write_result(out);
    }
    return tls_private_key_encode(out, credential->key, TLS_KEY_FORMAT_PUBLIC);
}

enum tls_reason
tls13_take_raw_key(tls13_engine *e, const tls_certificate_message *message)
{
    tls_buffer *info = &e->handshake->facts.peer.key_info;
    tls_certificate_entry entry;
    tls_public_key key;
    tls_reader reader;
    enum tls_reason reason;

    /* RFC 8446 section 4.4.2: no more than one CertificateEntry. */
    if (message->certificate_count != 1)
        return TLS_REASON_ILLEGAL_PARAMETER;
    tls_reader_init(&reader, message->certificate_list);
    (void)tls_certificate_next(&reader, &entry, 1);
    reason = tls_public_key_parse(&key, entry.certificate);
    if (reason != TLS_OK)
        return reason;
    if (key.kind == TLS_KEY_OTHER)
        return TLS_REASON_UNSUPPORTED_CERTIFICATE;
    tls_buffer_clear(info);
    tls_buffer_append(info, entry.certificate.data, entry.certificate.length);
    return info->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}
