/* peer_build.c - the messages of the scripted peer. */
#include <string.h>

#include "support/check.h"
#include "support/peer_script.h"

static const unsigned char peer_random[] = "these 32 bytes are not random...";
static const uint16_t peer_suites[] = {0x1301, 0x1302, 0x1303};
const uint16_t peer_groups[PEER_GROUPS] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1};
static const uint16_t peer_schemes[] = {TLS_SCHEME_ECDSA_SECP256R1_SHA256,
    TLS_SCHEME_RSA_PSS_RSAE_SHA256, TLS_SCHEME_ECDSA_SECP384R1_SHA384};
static const uint16_t peer_versions[] = {TLS_VERSION_13};

/* ---- Extensions ---- */

static void
replace_extension(tls_buffer *out, tls_bytes block, unsigned type, tls_bytes data)
{
    tls_reader reader;
    tls_extension extension;

    tls_reader_init(&reader, block);
    while (tls_extensions_next(&reader, &extension))
        tls_extension_write(out, extension.type, extension.type == type ? data : extension.data);
}

static void
edit_block(const peer *p, char letter, tls_buffer *block)
{
    size_t i;

    for (i = 0; i < p->edit_count; i++) {
        const block_edit *edit = &p->edits[i];
        uint16_t type = (uint16_t)edit->type;
        tls_buffer out = {0};

        if (edit->letter != letter)
            continue;
        if (edit->change == BLOCK_FIRST)
            tls_extension_write(&out, edit->type, edit->data);
        if (edit->change == BLOCK_RAW)
            tls_write_bytes(&out, edit->data);
        if (edit->change == BLOCK_REPLACE)
            replace_extension(&out, tls_buffer_view(block), edit->type, edit->data);
        else if (edit->change == BLOCK_WITHOUT)
            tls_extensions_copy_except(&out, tls_buffer_view(block), &type, 1);
        else
            tls_write_bytes(&out, tls_buffer_view(block));
        if (edit->change == BLOCK_LAST)
            tls_extension_write(&out, edit->type, edit->data);
        tls_buffer_release(block);
        *block = out;
    }
}

void
peer_change_block(
    peer *p, char letter, enum block_change change, unsigned type, const void *data, size_t length)
{
    block_edit *edit = &p->edits[p->edit_count++];

    require(p->edit_count <= PEER_EDITS_MAXIMUM, "there is room for one more edit");
    edit->letter = letter;
    edit->change = change;
    edit->type = type;
    edit->data = tls_bytes_make(data, length);
}

static int
is_edited(const peer *p, char letter, unsigned type)
{
    size_t i;

    for (i = 0; i < p->edit_count; i++)
        if (p->edits[i].letter == letter && p->edits[i].type == type)
            return 1;
    return 0;
}

static void
change_fields(peer *p, char letter, void *message)
{
    if (p->fields != NULL)
        p->fields(p, letter, message);
}

/* ---- Hellos ---- */

/* write_psk: the session's ticket and a binder of zeros. Returns the length of the binders. */
static size_t
write_psk(const peer *p, tls_buffer *extensions)
{
    static const unsigned char zeros[TLS_SECRET_MAXIMUM] = {0};
    size_t all, inner, begin;

    tls_write_u16(extensions, TLS_EXTENSION_PRE_SHARED_KEY);
    all = tls_write_begin16(extensions);
    inner = tls_write_begin16(extensions);
    tls_write_vector16(extensions, tls_buffer_view(&p->session->ticket));
    tls_write_u32(extensions, p->session->age_add);
    tls_write_end16(extensions, inner);
    begin = extensions->length;
    inner = tls_write_begin16(extensions);
    tls_write_vector8(extensions, tls_bytes_make(zeros, p->psk_length));
    tls_write_end16(extensions, inner);
    tls_write_end16(extensions, all);
    return extensions->length - begin;
}

/* fill_binder: RFC 8446 section 4.2.11.2. */
static void
fill_binder(const peer *p, tls_buffer *hello, size_t binders)
{
    const br_hash_class *hash = tls_hash_class((int)tls_suite_find(p->session->suite)->prf_hash);
    unsigned char transcript[TLS_SECRET_MAXIMUM], base[TLS_SECRET_MAXIMUM];
    tls_key_schedule early;

    tls_transcript_hash_with(
        &p->transcript, transcript, hash, tls_bytes_make(hello->data, hello->length - binders));
    tls_key_schedule_start(&early, hash, tls_bytes_make(p->psk, p->psk_length));
    require(
        tls_key_schedule_derive(&early, base, TLS_SECRET_RESUMPTION_BINDER, NULL), "a binder key");
    tls_finished_mac(hash, hello->data + hello->length - binders + 3, base, transcript);
}

static void
build_client_hello(peer *p, char letter, tls_buffer *out)
{
    static const unsigned char null[] = {0}, dhe[] = {1};
    tls_buffer suites = {0}, extensions = {0};
    tls_client_hello hello;
    uint16_t group = (uint16_t)p->group;
    tls_bytes share;
    size_t binders = 0;

    if (p->share.group != p->group) {
        tls_key_exchange_wipe(&p->share);
        require(tls_key_exchange_generate(&p->share, p->group, NULL, 0) == TLS_OK, "a key share");
    }
    share = tls_key_exchange_share(&p->share);
    memset(&hello, 0, sizeof hello);
    hello.legacy_version = TLS_VERSION_12;
    hello.random = tls_bytes_make(peer_random, 32);
    hello.session_id = tls_bytes_make(p->session_id, sizeof p->session_id);
    tls_write_u16_values(&suites, peer_suites, sizeof peer_suites / sizeof peer_suites[0]);
    hello.cipher_suites = tls_buffer_view(&suites);
    hello.compression_methods = tls_bytes_make(null, 1);
    tls_extension_write_server_name(&extensions, tls_bytes_of_string("localhost"));
    tls_extension_write_u16_list(&extensions, TLS_EXTENSION_SUPPORTED_GROUPS, peer_groups,
        sizeof peer_groups / sizeof peer_groups[0]);
    tls_extension_write_u16_list(&extensions, TLS_EXTENSION_SIGNATURE_ALGORITHMS, peer_schemes,
        sizeof peer_schemes / sizeof peer_schemes[0]);
    tls_extension_write_supported_versions(&extensions, peer_versions, 1);
    tls_extension_write_key_shares(&extensions, &group, &share, 1);
    tls_extension_write_vector8(
        &extensions, TLS_EXTENSION_PSK_KEY_EXCHANGE_MODES, tls_bytes_make(dhe, 1));
    tls_extension_write_empty(&extensions, TLS_EXTENSION_POST_HANDSHAKE_AUTH);
    if (p->cookie.length > 0)
        tls_extension_write_vector16(
            &extensions, TLS_EXTENSION_COOKIE, tls_buffer_view(&p->cookie));
    if (p->early_data && letter == 'K')
        tls_extension_write_empty(&extensions, TLS_EXTENSION_EARLY_DATA);
    edit_block(p, letter, &extensions);
    if (p->session != NULL && !is_edited(p, letter, TLS_EXTENSION_PRE_SHARED_KEY))
        binders = write_psk(p, &extensions);
    hello.has_extensions = 1;
    hello.extensions = tls_buffer_view(&extensions);
    change_fields(p, letter, &hello);
    require(tls_client_hello_build(out, &hello) == TLS_OK, "ClientHello is built");
    if (binders > 0)
        fill_binder(p, out, binders);
    tls_buffer_release(&suites);
    tls_buffer_release(&extensions);
}

static void
build_server_hello(peer *p, char letter, tls_buffer *out)
{
    tls_buffer extensions = {0};
    tls_server_hello hello;
    tls_client_hello offer;

    require(
        tls_client_hello_parse(&offer, tls_buffer_view(&p->hello)) == TLS_OK, "ClientHello parses");
    memset(&hello, 0, sizeof hello);
    hello.legacy_version = TLS_VERSION_12;
    hello.random = tls_bytes_make(letter == 'H' ? tls_hello_retry_request_random : peer_random, 32);
    hello.session_id = offer.session_id;
    hello.cipher_suite = p->suite_id;
    tls_extension_write_u16(&extensions, TLS_EXTENSION_SUPPORTED_VERSIONS, TLS_VERSION_13);
    if (letter == 'H') {
        if (p->group != 0)
            tls_extension_write_u16(&extensions, TLS_EXTENSION_KEY_SHARE, p->group);
        if (p->cookie.length > 0)
            tls_extension_write_vector16(
                &extensions, TLS_EXTENSION_COOKIE, tls_buffer_view(&p->cookie));
    } else {
        if (!p->without_share)
            tls_extension_write_key_share(
                &extensions, p->share.group, tls_key_exchange_share(&p->share));
        if (p->take_psk)
            tls_extension_write_u16(&extensions, TLS_EXTENSION_PRE_SHARED_KEY, 0);
    }
    edit_block(p, letter, &extensions);
    hello.has_extensions = 1;
    hello.extensions = tls_buffer_view(&extensions);
    change_fields(p, letter, &hello);
    require(tls_server_hello_build(out, &hello) == TLS_OK, "ServerHello is built");
    tls_buffer_release(&extensions);
}

/* agree_server makes a share for the first group of the client's that is not GREASE, and the secret
 * with it. */
static void
agree_server(peer *p)
{
    tls_client_hello offer;
    tls_reader reader;
    unsigned group;
    tls_bytes key;

    p->shared_length = 0;
    tls_key_exchange_wipe(&p->share);
    require(
        tls_client_hello_parse(&offer, tls_buffer_view(&p->hello)) == TLS_OK, "ClientHello parses");
    tls_reader_init(&reader, offer.key_shares);
    while (p->shared_length == 0 && tls_key_share_next(&reader, &group, &key))
        if (tls_group_supported(group))
            require(tls_key_exchange_answer(&p->share, group, p->shared, &p->shared_length, key) ==
                        TLS_OK,
                "a key share");
    if (p->without_share)
        p->shared_length = 0;
}

/* ---- The other messages ---- */

static void
build_extensions_message(peer *p, char letter, tls_buffer *out)
{
    tls_message message;
    tls_buffer extensions = {0};

    memset(&message, 0, sizeof message);
    if (letter == 'E') {
        message.type = TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS;
        if (p->early_data)
            tls_extension_write_empty(&extensions, TLS_EXTENSION_EARLY_DATA);
        edit_block(p, letter, &extensions);
        message.u.encrypted_extensions.extensions = tls_buffer_view(&extensions);
    } else if (letter == 'R') {
        message.type = TLS_HANDSHAKE_CERTIFICATE_REQUEST;
        tls_extension_write_u16_list(&extensions, TLS_EXTENSION_SIGNATURE_ALGORITHMS, peer_schemes,
            sizeof peer_schemes / sizeof peer_schemes[0]);
        edit_block(p, letter, &extensions);
        message.u.certificate_request.is_13 = 1;
        message.u.certificate_request.certificate_request_context = tls_buffer_view(&p->context);
        message.u.certificate_request.extensions = tls_buffer_view(&extensions);
    } else {
        message.type = TLS_HANDSHAKE_NEW_SESSION_TICKET;
        edit_block(p, letter, &extensions);
        message.u.new_session_ticket.is_13 = 1;
        message.u.new_session_ticket.lifetime = 7200;
        message.u.new_session_ticket.age_add = 12345;
        message.u.new_session_ticket.nonce = tls_bytes_of_string("n");
        message.u.new_session_ticket.ticket = tls_bytes_of_string("a ticket");
        message.u.new_session_ticket.extensions = tls_buffer_view(&extensions);
    }
    change_fields(p, letter, &message);
    require(tls_message_build(out, &message) == TLS_OK, "a message is built");
    tls_buffer_release(&extensions);
}

static void
build_certificate(peer *p, tls_buffer *out)
{
    tls_certificate_entry entries[TLS_CHAIN_MAXIMUM + 1];
    tls_buffer extensions = {0};
    size_t i;

    memset(entries, 0, sizeof entries);
    edit_block(p, 'C', &extensions);
    for (i = 0; i < p->chain_count; i++)
        entries[i].certificate = p->chain[i]->der;
    entries[0].extensions = tls_buffer_view(&extensions);
    require(tls_certificate_message_build(
                out, 1, tls_buffer_view(&p->context), entries, p->chain_count) == TLS_OK,
        "Certificate is built");
    tls_buffer_release(&extensions);
}

static void
build_certificate_verify(peer *p, tls_buffer *out)
{
    unsigned char content[TLS_CERTIFICATE_VERIFY_CONTENT_MAXIMUM], hash[TLS_SECRET_MAXIMUM];
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM], signature[TLS_SIGNATURE_MAXIMUM];
    tls_message message;
    size_t length = peer_transcript_hash(p, hash);

    length = tls_certificate_verify_content(content, p->role == TLS_ROLE_SERVER, hash, length);
    length = tls_scheme_digest(digest, p->scheme, tls_bytes_make(content, length));
    length = tls_sign_scheme(p->key, signature, p->scheme, tls_bytes_make(digest, length));
    require(length > 0, "the key signs");
    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_CERTIFICATE_VERIFY;
    message.u.certificate_verify.has_scheme = 1;
    message.u.certificate_verify.scheme = p->scheme;
    message.u.certificate_verify.signature = tls_bytes_make(signature, length);
    change_fields(p, 'V', &message);
    require(tls_message_build(out, &message) == TLS_OK, "CertificateVerify is built");
}

static const unsigned char *
finished_base(const peer *p)
{
    if (p->finished)
        return p->client_application;
    return p->role == TLS_ROLE_SERVER ? p->server_handshake : p->client_handshake;
}

static void
build_finished(peer *p, tls_buffer *out)
{
    unsigned char hash[TLS_SECRET_MAXIMUM], mac[TLS_SECRET_MAXIMUM];
    size_t length = peer_transcript_hash(p, hash);

    tls_finished_mac(p->hash != NULL ? p->hash : &br_sha256_vtable, mac, finished_base(p), hash);
    require(tls_handshake_build(out, TLS_HANDSHAKE_FINISHED, tls_bytes_make(mac, length)) == TLS_OK,
        "Finished is built");
}

void
peer_build(peer *p, char letter, tls_buffer *out)
{
    unsigned char request = (unsigned char)p->request_update;

    switch (letter) {
    case 'K':
    case 'k':
        build_client_hello(p, letter, out);
        break;
    case 'H':
    case 'S':
        if (letter == 'S')
            agree_server(p);
        build_server_hello(p, letter, out);
        break;
    case 'C':
        build_certificate(p, out);
        break;
    case 'V':
        build_certificate_verify(p, out);
        break;
    case 'F':
        build_finished(p, out);
        break;
    case 'D':
        require(tls_handshake_build(
                    out, TLS_HANDSHAKE_END_OF_EARLY_DATA, tls_bytes_make(NULL, 0)) == TLS_OK,
            "EndOfEarlyData is built");
        break;
    case 'U':
        require(tls_handshake_build(out, TLS_HANDSHAKE_KEY_UPDATE, tls_bytes_make(&request, 1)) ==
                    TLS_OK,
            "KeyUpdate is built");
        break;
    default:
        build_extensions_message(p, letter, out);
        break;
    }
    if (p->edit != NULL)
        p->edit(p, letter, out);
}
