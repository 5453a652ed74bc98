/* renegotiation_info.c - see renegotiation_info.h. */
#include "handshake/renegotiation_info.h"

void
tls_renegotiation_narrow(tls_handshake *h)
{
    if (tls_handshake_renegotiates(h))
        h->terms.version_min = h->terms.version_max = h->host->settled.version;
}

static enum tls_reason
refuse(tls_handshake *h, const char *text)
{
    tls_host_explain(h->host, text);
    return TLS_REASON_RENEGOTIATION_MISMATCH;
}

/* left_out: what has the extended master secret keeps it. */
static enum tls_reason
left_out(tls_handshake *h, int extended_master_secret, const char *text)
{
    if (extended_master_secret || !h->host->settled.extended_master_secret)
        return TLS_OK;
    tls_host_explain(h->host, text);
    return TLS_REASON_EXTENDED_MASTER_SECRET;
}

enum tls_reason
tls_renegotiation_check_client_hello(tls_handshake *h, const tls_client_hello *hello)
{
    const tls_facts *before = &h->host->settled;
    size_t length;
    tls_bytes info;

    if (!tls_handshake_renegotiates(h))
        return TLS_OK;
    length = before->client_verify_length;
    /* RFC 5746 section 3.7: no SCSV, and the client's Finished of the handshake before. */
    if (tls_u16_list_contains(hello->cipher_suites, TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV) ||
        !tls_extensions_find(hello->extensions, TLS_EXTENSION_RENEGOTIATION_INFO, &info) ||
        info.length != 1 + length || info.data[0] != length ||
        !tls_secret_equal(info.data + 1, before->client_verify_data, length))
        return refuse(h, "the client does not prove that it renegotiates its own connection");
    if (hello->server_name.length > 0 &&
        !tls_bytes_equal_string(hello->server_name, h->host->server_name))
        return refuse(h, "the client changed the server name in a renegotiation");
    if (hello->alpn.length > 0 && before->alpn.length > 0 &&
        !tls_protocol_listed(hello->alpn, tls_buffer_view(&before->alpn)))
        return refuse(h, "the client changed the ALPN protocol in a renegotiation");
    return left_out(h, hello->extended_master_secret,
        "the client left out the extended master secret in a renegotiation");
}

enum tls_reason
tls_renegotiation_keep_alpn(tls_handshake *h, const tls_client_hello *hello)
{
    const tls_facts *before = &h->host->settled;

    if (!tls_handshake_renegotiates(h))
        return TLS_OK;
    if (h->terms.alpn_selected != NULL) {
        if (tls_bytes_equal_string(tls_buffer_view(&before->alpn), h->terms.alpn_selected))
            return TLS_OK;
        tls_host_explain(
            h->host, "the select handler changed the ALPN protocol in a renegotiation");
        return TLS_REASON_HANDLER;
    }
    if (before->alpn.length == 0 || hello->alpn.length == 0)
        return TLS_OK;
    h->terms.alpn_selected = tls_bytes_to_string(tls_buffer_view(&before->alpn));
    return h->terms.alpn_selected != NULL ? TLS_OK : TLS_REASON_OUT_OF_MEMORY;
}

enum tls_reason
tls_renegotiation_check_server_hello(tls_handshake *h, const tls_server_hello *hello)
{
    const tls_facts *before = &h->host->settled;
    size_t client, server;
    tls_bytes info;

    if (!tls_handshake_renegotiates(h))
        return TLS_OK;
    h->answered = 1;
    client = before->client_verify_length;
    server = before->server_verify_length;
    info = hello->renegotiated_connection;
    /* RFC 5746 section 3.5: both Finished of the handshake before. */
    if (!hello->secure_renegotiation || info.length != client + server ||
        !tls_secret_equal(info.data, before->client_verify_data, client) ||
        !tls_secret_equal(info.data + client, before->server_verify_data, server))
        return refuse(h, "the server does not prove that it renegotiates its own connection");
    if (hello->alpn.length > 0 && !tls_bytes_equal(hello->alpn, tls_buffer_view(&before->alpn)))
        return refuse(h, "the server changed the ALPN protocol in a renegotiation");
    return left_out(h, hello->extended_master_secret,
        "the server left out the extended master secret in a renegotiation");
}

enum tls_reason
tls_renegotiation_check_chain(tls_handshake *h)
{
    const tls_facts *before = &h->host->settled;

    if (!tls_handshake_renegotiates(h) || h->host->role != TLS_ROLE_CLIENT ||
        before->extended_master_secret || before->peer.chain == NULL ||
        tls_bytes_equal(before->peer.chain->items[0]->der, h->facts.peer.chain->items[0]->der))
        return TLS_OK;
    return refuse(h, "the server changed its certificate in a renegotiation without the extended "
                     "master secret");
}

void
tls_renegotiation_write_info(const tls_handshake *h, tls_buffer *extensions)
{
    const tls_facts *before = &h->host->settled;
    tls_buffer value = {0};

    tls_buffer_append(&value, before->client_verify_data, before->client_verify_length);
    tls_buffer_append(&value, before->server_verify_data, before->server_verify_length);
    tls_extension_write_vector8(
        extensions, TLS_EXTENSION_RENEGOTIATION_INFO, tls_buffer_view(&value));
    extensions->failed |= value.failed;
    tls_buffer_release(&value);
}
