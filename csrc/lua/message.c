/* message.c - handshake messages as Lua tables, with the field names of the RFCs. Numbers that have
 * a name stand twice: `group` is the name (nil when unknown), `group_id` the number; in lists { id
 * =, name = }.
 *
 *     table = core.parse_message(bytes [, { version =, suite =, type = }]) */
#include "message.h"

#include "crypto/ffdhe.h"
#include "x509/distinguished_name.h"
#include "wire/message.h"

#include "certificate.h"
#include "key.h"
#include "distinguished_name.h"
#include "module.h"
#include "option.h"
#include "stage.h"
#include "value.h"

void
tls_lua_set_named(lua_State *L, const char *field, int registry, unsigned id)
{
    tls_lua_set_string(L, field, tls_registry_name((enum tls_registry)registry, id));
    lua_pushfstring(L, "%s_id", field);
    lua_pushinteger(L, (lua_Integer)id);
    lua_settable(L, -3);
}

void
tls_lua_set_suite(lua_State *L, unsigned suite)
{
    if (suite == 0)
        return;
    tls_lua_set_string(L, "cipher_suite", tls_suite_name(suite));
    tls_lua_set_integer(L, "cipher_suite_id", suite);
}

static void
set_numbers(lua_State *L, const char *field, int registry, tls_bytes list)
{
    tls_lua_push_numbers(L, registry, list);
    lua_setfield(L, -2, field);
}

static void
set_byte_numbers(lua_State *L, const char *field, int registry, tls_bytes list)
{
    tls_lua_push_bytes_list(L, registry, list);
    lua_setfield(L, -2, field);
}

static void
set_extensions(lua_State *L, tls_bytes block, unsigned place)
{
    tls_lua_push_extensions(L, block, place);
    lua_setfield(L, -2, "extensions");
}

static void
set_suites(lua_State *L, tls_u16_list suites)
{
    size_t count = tls_u16_list_count(suites), i;

    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        unsigned id = tls_u16_list_at(suites, i);

        lua_createtable(L, 0, 2);
        tls_lua_set_integer(L, "id", id);
        tls_lua_set_string(L, "name", tls_suite_name(id));
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "cipher_suites");
}

static void
set_protocols(lua_State *L, tls_bytes protocols)
{
    tls_reader reader;
    tls_bytes name;
    int count = 0;

    lua_newtable(L);
    tls_reader_init(&reader, protocols);
    while (tls_protocol_next(&reader, &name)) {
        tls_lua_push_bytes(L, name);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "alpn");
}

static void
set_key_share_groups(lua_State *L, tls_bytes shares)
{
    tls_reader reader;
    unsigned group;
    tls_bytes key;
    int count = 0;

    lua_newtable(L);
    tls_reader_init(&reader, shares);
    while (tls_key_share_next(&reader, &group, &key)) {
        lua_createtable(L, 0, 2);
        tls_lua_set_integer(L, "id", group);
        tls_lua_set_string(L, "name", tls_registry_name(TLS_REGISTRY_GROUP, group));
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "key_share_groups");
}

static void
set_authorities(lua_State *L, tls_bytes authorities)
{
    tls_reader reader;
    tls_bytes name;
    int count = 0;

    lua_newtable(L);
    tls_reader_init(&reader, authorities);
    while (tls_vector16_next(&reader, &name)) {
        tls_lua_push_name(L, name);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "certificate_authorities");
}

/* set_wishes: what a side says of the certificates that it takes. */
static void
set_wishes(lua_State *L, tls_bytes authorities, tls_u16_list schemes_cert, tls_u16_list compression)
{
    set_authorities(L, authorities);
    set_numbers(L, "signature_algorithms_cert", TLS_REGISTRY_SIGNATURE_SCHEME, schemes_cert);
    set_numbers(L, "compress_certificate", TLS_REGISTRY_CERTIFICATE_COMPRESSION, compression);
}

/* Lists are empty, not nil, when their extension is absent: `extensions` tells which it is. */
static void
client_hello(lua_State *L, const tls_client_hello *hello)
{
    tls_lua_set_named(L, "legacy_version", TLS_REGISTRY_VERSION, hello->legacy_version);
    tls_lua_set_named(L, "max_version", TLS_REGISTRY_VERSION, hello->max_version);
    tls_lua_set_bytes(L, "random", hello->random);
    tls_lua_set_bytes(L, "session_id", hello->session_id);
    set_suites(L, hello->cipher_suites);
    set_byte_numbers(
        L, "compression_methods", TLS_REGISTRY_COMPRESSION, hello->compression_methods);
    set_extensions(L, hello->extensions, TLS_IN_CLIENT_HELLO);
    tls_lua_set_boolean(L, "has_extensions", hello->has_extensions);
    tls_lua_set_some(L, "server_name", hello->server_name);
    set_protocols(L, hello->alpn);
    set_numbers(L, "supported_versions", TLS_REGISTRY_VERSION, hello->supported_versions);
    set_numbers(L, "supported_groups", TLS_REGISTRY_GROUP, hello->supported_groups);
    set_numbers(
        L, "signature_algorithms", TLS_REGISTRY_SIGNATURE_SCHEME, hello->signature_algorithms);
    set_wishes(L, hello->certificate_authorities, hello->signature_algorithms_cert,
        hello->compress_certificate);
    set_byte_numbers(L, "ec_point_formats", TLS_REGISTRY_POINT_FORMAT, hello->ec_point_formats);
    set_key_share_groups(L, hello->key_shares);
    tls_lua_set_boolean(L, "psk_offered", hello->psk_offered);
    tls_lua_set_boolean(L, "early_data_offered", hello->early_data_offered);
    if (hello->ech != TLS_ECH_NONE)
        tls_lua_set_string(L, "ech", hello->ech == TLS_ECH_INNER ? "inner" : "outer");
    tls_lua_set_boolean(L, "session_ticket_offered", hello->session_ticket_offered);
    tls_lua_set_integer(L, "session_ticket_length", (int64_t)hello->session_ticket.length);
    tls_lua_set_boolean(L, "extended_master_secret", hello->extended_master_secret);
    tls_lua_set_boolean(L, "encrypt_then_mac", hello->encrypt_then_mac);
    tls_lua_set_boolean(L, "status_request", hello->status_request);
    tls_lua_set_boolean(L, "secure_renegotiation", hello->secure_renegotiation);
    tls_lua_set_boolean(L, "fallback", hello->fallback);
    if (hello->max_fragment_length != 0)
        tls_lua_set_integer(L, "max_fragment_length", hello->max_fragment_length);
    if (hello->record_size_limit != 0)
        tls_lua_set_integer(L, "record_size_limit", hello->record_size_limit);
    if (!hello->ticket_request)
        return;
    tls_lua_set_integer(L, "new_session_count", hello->new_session_count);
    tls_lua_set_integer(L, "resumption_count", hello->resumption_count);
}

static void
server_hello(lua_State *L, const tls_server_hello *hello)
{
    tls_lua_set_named(L, "legacy_version", TLS_REGISTRY_VERSION, hello->legacy_version);
    tls_lua_set_named(L, "version", TLS_REGISTRY_VERSION, hello->version);
    tls_lua_set_bytes(L, "random", hello->random);
    tls_lua_set_bytes(L, "session_id", hello->session_id);
    tls_lua_set_string(L, "cipher_suite", tls_suite_name(hello->cipher_suite));
    tls_lua_set_integer(L, "cipher_suite_id", hello->cipher_suite);
    tls_lua_set_named(L, "compression_method", TLS_REGISTRY_COMPRESSION, hello->compression_method);
    set_extensions(L, hello->extensions, hello->place);
    tls_lua_set_boolean(L, "has_extensions", hello->has_extensions);
    if (hello->group != 0)
        tls_lua_set_named(L, "selected_group", TLS_REGISTRY_GROUP, hello->group);
    tls_lua_set_some(L, "key_share", hello->key_share);
    tls_lua_set_some(L, "cookie", hello->cookie);
    tls_lua_set_some(L, "alpn", hello->alpn);
    tls_lua_set_boolean(L, "psk_selected", hello->psk_selected);
    if (hello->psk_selected)
        tls_lua_set_integer(L, "selected_identity", hello->selected_identity);
    tls_lua_set_boolean(L, "extended_master_secret", hello->extended_master_secret);
    tls_lua_set_boolean(L, "encrypt_then_mac", hello->encrypt_then_mac);
    tls_lua_set_boolean(L, "session_ticket", hello->session_ticket);
    tls_lua_set_boolean(L, "status_request", hello->status_request);
    tls_lua_set_boolean(L, "secure_renegotiation", hello->secure_renegotiation);
    if (hello->downgrade_sentinel != 0)
        tls_lua_set_named(L, "downgrade_sentinel", TLS_REGISTRY_VERSION, hello->downgrade_sentinel);
}

static void
encrypted_extensions(lua_State *L, const tls_encrypted_extensions *message)
{
    set_extensions(L, message->extensions, TLS_IN_ENCRYPTED_EXTENSIONS);
    tls_lua_set_some(L, "alpn", message->alpn);
    tls_lua_set_boolean(L, "early_data_accepted", message->early_data);
    if (message->ticket_request)
        tls_lua_set_integer(L, "expected_tickets", message->expected_count);
}

/* set_status adds what a certificate's extensions tell of its status (RFC 8446 section 4.4.2.1) to
 * the list of them. */
static void
set_status(lua_State *L, tls_bytes extensions)
{
    tls_extension_value value;
    tls_reader reader;
    tls_bytes data, item;
    int count = 0;

    if (tls_extensions_find(extensions, TLS_EXTENSION_STATUS_REQUEST, &data) &&
        tls_extension_parse(&value, TLS_EXTENSION_STATUS_REQUEST, TLS_IN_CERTIFICATE, data) ==
            TLS_OK)
        tls_lua_set_bytes(L, "ocsp_response", value.bytes);
    if (!tls_extensions_find(extensions, TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, &data) ||
        tls_extension_parse(
            &value, TLS_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, TLS_IN_CERTIFICATE, data) != TLS_OK)
        return;
    lua_newtable(L);
    tls_reader_init(&reader, value.bytes);
    while (tls_vector16_next(&reader, &item)) {
        tls_lua_push_bytes(L, item);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "signed_certificate_timestamps");
}

/* chain: certificate objects, leaf first, up to the first that cannot be parsed; encoded: the DER
 * of all. */
static void
certificate(lua_State *L, const tls_certificate_message *message)
{
    tls_certificate_entry entry = {0};
    tls_reader reader;
    int count = 0, parsed = 0, chain, encoded, extensions;

    lua_newtable(L);
    chain = lua_gettop(L);
    lua_newtable(L);
    encoded = lua_gettop(L);
    lua_newtable(L);
    extensions = lua_gettop(L);
    tls_reader_init(&reader, message->certificate_list);
    while (tls_certificate_next(&reader, &entry, message->is_13)) {
        tls_lua_push_bytes(L, entry.certificate);
        lua_rawseti(L, encoded, ++count);
        if (message->is_13) {
            tls_lua_push_extensions(L, entry.extensions, TLS_IN_CERTIFICATE);
            set_status(L, entry.extensions);
            lua_rawseti(L, extensions, count);
        }
        if (parsed == count - 1 && tls_lua_push_certificate_der(L, entry.certificate) == TLS_OK)
            lua_rawseti(L, chain, ++parsed);
    }
    if (message->is_13)
        lua_setfield(L, chain - 1, "certificate_extensions");
    else
        lua_pop(L, 1);
    lua_setfield(L, chain - 1, "encoded");
    lua_setfield(L, chain - 1, "chain");
    /* The message does not say whether it has certificates or a raw public key (RFC 7250). */
    if (message->is_13 && count == 1 && parsed == 0) {
        tls_lua_push_key_info(L, entry.certificate);
        lua_setfield(L, -2, "key");
    }
    if (message->is_13)
        tls_lua_set_bytes(L, "certificate_request_context", message->certificate_request_context);
}

/* compressed_certificate: what the message was before, and how it was compressed. The buffer of
 * that stands on the stack while it is read. */
static enum tls_reason
compressed_certificate(lua_State *L, const tls_compressed_certificate *compressed)
{
    tls_buffer *whole = tls_lua_buffer(L);
    tls_message message;
    enum tls_reason reason = tls_compressed_certificate_expand(whole, &message, compressed);

    lua_insert(L, -2);
    if (reason == TLS_OK)
        certificate(L, &message.u.certificate);
    tls_lua_set_named(
        L, "compression_algorithm", TLS_REGISTRY_CERTIFICATE_COMPRESSION, compressed->algorithm);
    tls_lua_set_integer(L, "uncompressed_length", (int64_t)compressed->uncompressed_length);
    lua_remove(L, -2);
    return reason;
}

static void
certificate_status(lua_State *L, const tls_certificate_status *message)
{
    tls_lua_set_integer(L, "status_type", message->status_type);
    tls_lua_set_bytes(L, "ocsp_response", message->response);
}

/* dh_params: the group has a name where it is one of RFC 7919. */
static void
dh_params(lua_State *L, const tls_server_key_exchange *message)
{
    unsigned group = tls_ffdhe_find(message->dh_p, message->dh_g);

    tls_lua_set_string(L, "key_exchange", "DHE");
    if (group != 0)
        tls_lua_set_named(L, "group", TLS_REGISTRY_GROUP, group);
    tls_lua_set_integer(L, "dh_bits", (int64_t)tls_ffdhe_bits(message->dh_p));
    tls_lua_set_bytes(L, "dh_p", message->dh_p);
    tls_lua_set_bytes(L, "dh_g", message->dh_g);
    tls_lua_set_bytes(L, "dh_Ys", message->dh_Ys);
}

static void
server_key_exchange(lua_State *L, const tls_server_key_exchange *message)
{
    if (message->kind == TLS_KEY_EXCHANGE_DHE) {
        dh_params(L, message);
    } else {
        tls_lua_set_string(L, "key_exchange", "ECDHE");
        tls_lua_set_named(L, "group", TLS_REGISTRY_GROUP, message->group);
        tls_lua_set_bytes(L, "public_point", message->point);
    }
    if (message->has_scheme)
        tls_lua_set_named(L, "signature_algorithm", TLS_REGISTRY_SIGNATURE_SCHEME, message->scheme);
    tls_lua_set_bytes(L, "signature", message->signature);
    tls_lua_set_bytes(L, "params", message->params);
}

static void
certificate_request(lua_State *L, const tls_certificate_request_message *message)
{
    set_byte_numbers(
        L, "certificate_types", TLS_REGISTRY_CERTIFICATE_TYPE, message->certificate_types);
    set_numbers(
        L, "signature_algorithms", TLS_REGISTRY_SIGNATURE_SCHEME, message->signature_algorithms);
    if (message->is_13) {
        set_wishes(L, message->certificate_authorities, message->signature_algorithms_cert,
            message->compress_certificate);
        tls_lua_set_bytes(L, "certificate_request_context", message->certificate_request_context);
        set_extensions(L, message->extensions, TLS_IN_CERTIFICATE_REQUEST);
    } else {
        set_authorities(L, message->certificate_authorities);
    }
}

/* The encrypted secret is only counted; who must have it reads raw. */
static void
client_key_exchange(lua_State *L, const tls_client_key_exchange *message)
{
    switch (message->kind) {
    case TLS_KEY_EXCHANGE_RSA:
        tls_lua_set_string(L, "key_exchange", "RSA");
        tls_lua_set_integer(
            L, "encrypted_premaster_length", (int64_t)message->encrypted_premaster.length);
        break;
    case TLS_KEY_EXCHANGE_DHE:
        tls_lua_set_string(L, "key_exchange", "DHE");
        tls_lua_set_bytes(L, "dh_Yc", message->dh_Yc);
        break;
    case TLS_KEY_EXCHANGE_ECDH:
        tls_lua_set_string(L, "key_exchange", "ECDH");
        tls_lua_set_bytes(L, "public_point", message->point);
        break;
    default:
        tls_lua_set_string(L, "key_exchange", "ECDHE");
        tls_lua_set_bytes(L, "public_point", message->point);
        break;
    }
}

static void
certificate_verify(lua_State *L, const tls_certificate_verify *message)
{
    if (message->has_scheme)
        tls_lua_set_named(L, "signature_algorithm", TLS_REGISTRY_SIGNATURE_SCHEME, message->scheme);
    tls_lua_set_bytes(L, "signature", message->signature);
}

static void
new_session_ticket(lua_State *L, const tls_new_session_ticket *message)
{
    tls_lua_set_integer(L, "lifetime", message->lifetime);
    tls_lua_set_integer(L, "ticket_length", (int64_t)message->ticket.length);
    tls_lua_set_bytes(L, "ticket", message->ticket);
    if (message->is_13) {
        tls_lua_set_integer(L, "age_add", message->age_add);
        tls_lua_set_bytes(L, "nonce", message->nonce);
        tls_lua_set_integer(L, "max_early_data", message->max_early_data);
        set_extensions(L, message->extensions, TLS_IN_NEW_SESSION_TICKET);
    }
}

enum tls_reason
tls_lua_message_fields(lua_State *L, tls_bytes raw, unsigned version, unsigned suite)
{
    tls_message message;
    enum tls_reason reason = tls_message_parse(&message, raw, version, suite);

    if (reason != TLS_OK)
        return reason;
    switch (message.type) {
    case TLS_HANDSHAKE_CLIENT_HELLO:
        client_hello(L, &message.u.client_hello);
        break;
    case TLS_HANDSHAKE_SERVER_HELLO:
        server_hello(L, &message.u.server_hello);
        break;
    case TLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
        encrypted_extensions(L, &message.u.encrypted_extensions);
        break;
    case TLS_HANDSHAKE_CERTIFICATE:
        certificate(L, &message.u.certificate);
        break;
    case TLS_HANDSHAKE_COMPRESSED_CERTIFICATE:
        return compressed_certificate(L, &message.u.compressed_certificate);
    case TLS_HANDSHAKE_CERTIFICATE_STATUS:
        certificate_status(L, &message.u.certificate_status);
        break;
    case TLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
        server_key_exchange(L, &message.u.server_key_exchange);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_REQUEST:
        certificate_request(L, &message.u.certificate_request);
        break;
    case TLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
        client_key_exchange(L, &message.u.client_key_exchange);
        break;
    case TLS_HANDSHAKE_CERTIFICATE_VERIFY:
        certificate_verify(L, &message.u.certificate_verify);
        break;
    case TLS_HANDSHAKE_FINISHED:
        tls_lua_set_bytes(L, "verify_data", message.u.verify_data);
        break;
    case TLS_HANDSHAKE_NEW_SESSION_TICKET:
        new_session_ticket(L, &message.u.new_session_ticket);
        break;
    case TLS_HANDSHAKE_KEY_UPDATE:
        tls_lua_set_boolean(L, "update_requested", message.u.update_requested);
        break;
    default:
        break;
    }
    return TLS_OK;
}

/* set_stage names the message: its handshake type, or what a ServerHello really is. */
static void
set_stage(lua_State *L, tls_bytes raw)
{
    tls_server_hello hello;
    unsigned type = raw.length > 0 ? raw.data[0] : 0xFFFF;
    const char *name = tls_registry_name(TLS_REGISTRY_HANDSHAKE_TYPE, type);

    if (type == TLS_HANDSHAKE_SERVER_HELLO && tls_server_hello_parse(&hello, raw) == TLS_OK &&
        hello.is_hello_retry_request)
        name = "hello_retry_request";
    tls_lua_set_string(L, "stage", name);
    tls_lua_set_integer(L, "type", type);
}

/* core.parse_message(bytes [, options]) -> table with stage (name), type (number), length, the
 * message's fields, and raw. bytes: one whole handshake message with its header; or with
 * options.type "alert" or "change_cipher_spec" such a record's content. options: version, suite:
 * the negotiated numbers, where they are known; without the suite a key exchange cannot be read. |
 * nil, message, "decode_error" | "illegal_parameter" | "unexpected_message" */
static int
parse(lua_State *L)
{
    static const char *const types[] = {"handshake", "alert", "change_cipher_spec", NULL};
    tls_bytes raw = tls_lua_check_bytes(L, 1);
    unsigned version = 0, suite = 0;
    enum tls_reason reason;
    tls_alert_message alert;
    int type = 0;

    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        version = (unsigned)tls_lua_option_integer(L, 2, "version", 0, 0, 0xFFFF);
        suite = (unsigned)tls_lua_option_integer(L, 2, "suite", 0, 0, 0xFFFF);
        type = tls_lua_option_choice(L, 2, "type", types, 0);
    }
    lua_newtable(L);
    switch (type) {
    case 1:
        reason = tls_alert_parse(&alert, raw);
        if (reason == TLS_OK) {
            tls_lua_set_named(L, "level", TLS_REGISTRY_ALERT_LEVEL, alert.level);
            tls_lua_set_named(L, "description", TLS_REGISTRY_ALERT, alert.description);
        }
        tls_lua_set_string(L, "stage", types[type]);
        break;
    case 2:
        reason = tls_change_cipher_spec_parse(raw);
        tls_lua_set_string(L, "stage", types[type]);
        break;
    default:
        reason = tls_lua_message_fields(L, raw, version, suite);
        set_stage(L, raw);
        break;
    }
    if (reason != TLS_OK)
        return tls_lua_failure(L, reason);
    tls_lua_set_integer(L, "length", (int64_t)raw.length);
    tls_lua_set_raw(L, raw);
    return 1;
}

const luaL_Reg tls_lua_message_functions[] = {{"parse_message", parse}, {NULL, NULL}};
